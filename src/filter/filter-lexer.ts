import { parseMoment } from '../address/moment.ts';
import { bareName } from './filter.ts';

/** One piece of a filter's text; `text` of a quoted text is what it says, of all others what stands there. */
export type FilterToken = {
  readonly kind: 'word' | 'text' | 'number' | 'moment' | 'symbol' | 'end';
  readonly text: string;
  /** Where it begins, in UTF-16 units from 0. */
  readonly at: number;
};

/** What is wrong with a filter, as the end of a sentence, and where. */
export type FilterProblem = { readonly at: number; readonly what: string };

const whiteSpace = /\s*/y;
const symbol = /&&|\|\||[=!<>]=|[<>!()[\],.]/y;
const quoted = /"(?:[^"\\]|\\.)*"/sy;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const moment = /-\d{1,9}[smhd](?![\p{L}\p{N}_])|@\d{1,15}|\d{4}-\d{2}-\d{2}(?:T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?/uy;

/** What somebody meant who wrote this. */
const slips: Readonly<Record<string, string>> = {
  '=': 'write == to compare',
  '&': 'write && for "and"',
  '|': 'write || for "or"',
  "'": 'texts stand in double quotes',
};

/** Cuts a filter into tokens, the last of which is `end`; or says what is none. */
export function readFilterTokens(source: string): readonly FilterToken[] | FilterProblem {
  const tokens: FilterToken[] = [];
  for (let at = matchAt(whiteSpace, source, 0)![0].length; at < source.length; ) {
    const token = readToken(source, at);
    if ('what' in token) return token;
    tokens.push({ kind: token.kind, text: token.text, at });
    at += token.length;
    at += matchAt(whiteSpace, source, at)![0].length;
  }
  tokens.push({ kind: 'end', text: '', at: source.length });
  return tokens;
}

type ReadToken = Pick<FilterToken, 'kind' | 'text'> & { readonly length: number };

function readToken(source: string, at: number): ReadToken | FilterProblem {
  const [word] = matchAt(bareName, source, at) ?? [];
  if (word !== undefined) return { kind: 'word', text: word, length: word.length };
  const [sign] = matchAt(symbol, source, at) ?? [];
  if (sign !== undefined) return { kind: 'symbol', text: sign, length: sign.length };
  if (source[at] === '"') return readText(source, at);
  const time = matchAt(moment, source, at);
  if (time !== null) return readMoment(time[0], time[1], at);
  const [digits] = matchAt(number, source, at) ?? [];
  if (digits !== undefined) return readNumber(source, at, digits);
  const character = String.fromCodePoint(source.codePointAt(at)!);
  return { at, what: slips[character] ?? `${JSON.stringify(character)} means nothing here` };
}

function readText(source: string, at: number): ReadToken | FilterProblem {
  const [whole] = matchAt(quoted, source, at) ?? [];
  if (whole === undefined) return { at, what: 'the text that begins here is not closed' };
  const text = decodeText(whole);
  if (text === null) return { at, what: 'this is no text as JSON writes it' };
  // Half of a surrogate pair is no character, and nothing that is stored could equal it.
  if (!text.isWellFormed()) return { at, what: 'the text has half of a surrogate pair' };
  return { kind: 'text', text, length: whole.length };
}

function decodeText(source: string): string | null {
  try {
    return JSON.parse(source) as string;
  } catch {
    return null;
  }
}

/** A time without its zone would mean another moment on another machine. */
function readMoment(text: string, zone: string | undefined, at: number): ReadToken | FilterProblem {
  if (text.includes('T') && zone === undefined) return { at, what: 'say the zone of the time, e.g. 2026-11-20T06:00Z' };
  if (parseMoment(text, 0) === null) return { at, what: `there is no time ${text}` };
  return { kind: 'moment', text, length: text.length };
}

function readNumber(source: string, at: number, digits: string): ReadToken | FilterProblem {
  const after = source.charAt(at + digits.length);
  if (/[\p{L}\p{N}_.]/u.test(after)) return { at, what: 'this is no number as JSON writes it' };
  return { kind: 'number', text: digits, length: digits.length };
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}
