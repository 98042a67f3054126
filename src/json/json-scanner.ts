import { type Failed, failed } from '../errors/result.ts';
import { limits } from '../limits.ts';
import { decodeUtf8Lossily, lineAndColumn } from './utf8-text.ts';

/** Where a value stands in a body: `start` inclusive, `end` exclusive, without white space around it. */
export type JsonSpan = { readonly start: number; readonly end: number };

/** Arrays and objects inside one another in one value. */
export const maxJsonDepth = limits.jsonDepth.value;

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** What a scanning step answers when the text is wrong; `problem` and `problemAt` then say how. */
const failedAt = -1;

/**
 * A strict RFC 8259 scanner over UTF-8 bytes that finds where values begin and end without decoding them, so that they
 * can be stored as they came. It has two faces: `skipValue` validates a whole value and moves past it, and the
 * `enter`/`next` verbs walk an object's members or an array's elements one by one.
 *
 * A verb that answers false has either come to the end of its container or found the text wrong: `problem` tells.
 * Nothing moves after a problem. The bytes must be valid UTF-8, which is checked once for a whole body.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  position: number;
  /** What is wrong with the text, as the end of a sentence, or null. */
  problem: string | null = null;
  problemAt = 0;
  /** The name of the member that `nextMember` came to, with its quotes. */
  nameStart = 0;
  nameEnd = 0;
  nameHasEscape = false;
  /** Whether the string scanned last has an escape, and so must be decoded to be compared or stored as text. */
  hasEscape = false;
  /** Whether any string scanned since the last `reset` has a character beyond ASCII; nothing else in JSON may. */
  hasHighBytes = false;
  #end: number;
  /** What ends at the range's end, for messages. */
  readonly #whole: 'text' | 'line';

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, whole: 'text' | 'line' = 'text') {
    this.bytes = bytes;
    this.position = start;
    this.#end = end;
    this.#whole = whole;
  }

  /** Begins anew at another range of the same bytes. */
  reset(start: number, end: number): void {
    this.position = start;
    this.#end = end;
    this.problem = null;
    this.hasHighBytes = false;
  }

  /** The first byte of what comes next, or -1 at the end. */
  peek(): number {
    this.position = this.#afterWhiteSpace(this.position);
    return this.position < this.#end ? this.bytes[this.position]! : -1;
  }

  /** Moves past one value of any kind; `depth` is how many containers of the same value it is already inside. */
  skipValue(depth = 0): boolean {
    return this.#moveTo(this.#value(this.#afterWhiteSpace(this.position), depth));
  }

  /** Moves past a string; any other value is a problem. */
  skipString(): boolean {
    if (this.peek() !== quote) return this.#moveTo(this.#unexpected(this.position, 'a string'));
    return this.#moveTo(this.#string(this.position));
  }

  /** Whether nothing but white space is left; anything else is a problem. */
  finish(): boolean {
    if (this.problem !== null) return false;
    const at = this.#afterWhiteSpace(this.position);
    if (at === this.#end) return true;
    return this.#moveTo(this.#unexpected(at, 'nothing after the value'));
  }

  enterObject(): boolean {
    if (this.peek() !== openBrace) return this.#moveTo(this.#unexpected(this.position, 'an object'));
    return this.#moveTo(this.position + 1);
  }

  /** Comes to an object's next member: its name is scanned, its value comes next. */
  nextMember(isFirst: boolean): boolean {
    if (this.problem !== null) return false;
    let at = this.#afterWhiteSpace(this.position);
    if (this.#byte(at) === closeBrace) {
      this.position = at + 1;
      return false;
    }
    if (!isFirst) {
      if (this.#byte(at) !== comma) return this.#moveTo(this.#unexpected(at, "',' or '}' after an object's member"));
      at = this.#afterWhiteSpace(at + 1);
    }
    const nameEnd = this.#name(at);
    if (nameEnd === failedAt) return false;
    this.nameStart = at;
    this.nameEnd = nameEnd;
    this.nameHasEscape = this.hasEscape;
    return this.#moveTo(this.#colon(nameEnd));
  }

  enterArray(): boolean {
    if (this.peek() !== openBracket) return this.#moveTo(this.#unexpected(this.position, 'an array'));
    return this.#moveTo(this.position + 1);
  }

  /** Comes to an array's next element. */
  nextElement(isFirst: boolean): boolean {
    if (this.problem !== null) return false;
    const at = this.#afterWhiteSpace(this.position);
    if (this.#byte(at) === closeBracket) {
      this.position = at + 1;
      return false;
    }
    if (isFirst) return this.#moveTo(at);
    if (this.#byte(at) !== comma) return this.#moveTo(this.#unexpected(at, "',' or ']' after an array's element"));
    return this.#moveTo(this.#afterWhiteSpace(at + 1));
  }

  /** MALFORMED_JSON for the problem found, with line and column (in characters, both from 1). */
  failure(): Failed {
    const { line, column } = lineAndColumn(this.bytes, this.problemAt);
    const message = `malformed JSON at line ${line}, column ${column}: ${this.problem}`;
    return failed('MALFORMED_JSON', message, { line, column });
  }

  #moveTo(at: number): boolean {
    if (at === failedAt) return false;
    this.position = at;
    return true;
  }

  #byte(at: number): number {
    return at < this.#end ? this.bytes[at]! : -1;
  }

  #afterWhiteSpace(from: number): number {
    const bytes = this.bytes;
    const end = this.#end;
    let at = from;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at;
      at++;
    }
    return at;
  }

  /** Each `#` scanner below takes the index its token begins at and answers the index after it, or -1. */
  #value(at: number, depth: number): number {
    const byte = this.#byte(at);
    switch (byte) {
      case quote:
        return this.#string(at);
      case openBrace:
        return depth < maxJsonDepth ? this.#object(at, depth + 1) : this.#tooDeep(at);
      case openBracket:
        return depth < maxJsonDepth ? this.#array(at, depth + 1) : this.#tooDeep(at);
      case 0x74:
        return this.#literal(at, 'true');
      case 0x66:
        return this.#literal(at, 'false');
      case 0x6e:
        return this.#literal(at, 'null');
      default:
        if (byte === minus || isDigit(byte)) return this.#number(at);
        return this.#unexpected(at, 'a value');
    }
  }

  #object(open: number, depth: number): number {
    let at = this.#afterWhiteSpace(open + 1);
    if (this.#byte(at) === closeBrace) return at + 1;
    for (;;) {
      at = this.#name(at);
      if (at !== failedAt) at = this.#colon(at);
      if (at !== failedAt) at = this.#value(at, depth);
      if (at === failedAt) return failedAt;
      at = this.#afterWhiteSpace(at);
      const byte = this.#byte(at);
      if (byte === closeBrace) return at + 1;
      if (byte !== comma) return this.#unexpected(at, "',' or '}' after an object's member");
      at = this.#afterWhiteSpace(at + 1);
    }
  }

  #array(open: number, depth: number): number {
    let at = this.#afterWhiteSpace(open + 1);
    if (this.#byte(at) === closeBracket) return at + 1;
    for (;;) {
      at = this.#value(at, depth);
      if (at === failedAt) return failedAt;
      at = this.#afterWhiteSpace(at);
      const byte = this.#byte(at);
      if (byte === closeBracket) return at + 1;
      if (byte !== comma) return this.#unexpected(at, "',' or ']' after an array's element");
      at = this.#afterWhiteSpace(at + 1);
    }
  }

  #name(at: number): number {
    return this.#byte(at) === quote
      ? this.#string(at)
      : this.#unexpected(at, "an object's member, its name in double quotes");
  }

  #colon(from: number): number {
    const at = this.#afterWhiteSpace(from);
    return this.#byte(at) === colon ? this.#afterWhiteSpace(at + 1) : this.#unexpected(at, "':' after a member's name");
  }

  #string(open: number): number {
    const bytes = this.bytes;
    const end = this.#end;
    this.hasEscape = false;
    let allBits = 0;
    let at = open + 1;
    while (at < end) {
      const byte = bytes[at]!;
      allBits |= byte;
      if (byte === quote) {
        if (allBits >= 0x80) this.hasHighBytes = true;
        return at + 1;
      }
      if (byte === backslash) {
        at = this.#escape(at);
        if (at === failedAt) return failedAt;
      } else if (byte < 0x20) {
        return this.#fail(at, `${describe(byte)} inside a string must be escaped`);
      } else {
        at++;
      }
    }
    return this.#fail(end, `the ${this.#whole} ends inside the string that begins ${this.#place(open)}`);
  }

  #escape(at: number): number {
    this.hasEscape = true;
    const byte = this.#byte(at + 1);
    if (byte === 0x75) {
      for (let digit = at + 2; digit < at + 6; digit++) {
        if (!isHexDigit(this.#byte(digit))) return this.#unexpected(digit, 'four hexadecimal digits after \\u');
      }
      return at + 6;
    }
    if (byte === -1 || !simpleEscapes.includes(byte)) {
      return this.#unexpected(at + 1, 'one of " \\ / b f n r t u after a backslash');
    }
    return at + 2;
  }

  #number(start: number): number {
    let at = this.#byte(start) === minus ? start + 1 : start;
    if (this.#byte(at) === zero) {
      at++;
      if (isDigit(this.#byte(at))) return this.#fail(at, 'a number cannot begin with 0 and another digit');
    } else {
      at = this.#digits(at, "a digit after '-'");
    }
    if (at !== failedAt && this.#byte(at) === point) at = this.#digits(at + 1, "a digit after the number's point");
    if (at === failedAt || (this.#byte(at) | 0x20) !== 0x65 || at >= this.#end) return at;
    const sign = this.#byte(at + 1);
    return this.#digits(sign === minus || sign === 0x2b ? at + 2 : at + 1, "a digit in the number's exponent");
  }

  #digits(from: number, expected: string): number {
    let at = from;
    while (isDigit(this.#byte(at))) at++;
    return at > from ? at : this.#unexpected(at, expected);
  }

  #literal(at: number, word: string): number {
    for (let index = 0; index < word.length; index++) {
      if (this.#byte(at + index) !== word.charCodeAt(index)) return this.#unexpected(at + index, `the rest of ${word}`);
    }
    return at + word.length;
  }

  #tooDeep(at: number): number {
    return this.#fail(at, `arrays and objects are nested deeper than ${maxJsonDepth} levels`);
  }

  #unexpected(at: number, expected: string): number {
    const found = at < this.#end ? describe(this.#codePoint(at)) : `the end of the ${this.#whole}`;
    return this.#fail(at, `expected ${expected}, found ${found}`);
  }

  #fail(at: number, problem: string): number {
    this.problem = problem;
    this.problemAt = at;
    return failedAt;
  }

  #codePoint(at: number): number {
    return decodeUtf8Lossily(this.bytes.subarray(at, at + 4)).codePointAt(0) ?? 0xfffd;
  }

  #place(open: number): string {
    const { line, column } = lineAndColumn(this.bytes, open);
    return `at line ${line}, column ${column}`;
  }
}

/** Byte values of the characters that may stand alone after a backslash: " \ / b f n r t. */
const simpleEscapes = [0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74];

const isDigit = (byte: number) => byte >= zero && byte <= nine;

const isHexDigit = (byte: number) => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

function describe(codePoint: number): string {
  if (codePoint > 0x20 && codePoint < 0x7f) return codePoint === 0x27 ? '"\'"' : `'${String.fromCodePoint(codePoint)}'`;
  const name = controlNames.get(codePoint);
  const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  return name === undefined ? code : `${name} (${code})`;
}

const controlNames = new Map([
  [0x00, 'a null character'],
  [0x09, 'a tab'],
  [0x0a, 'a line break'],
  [0x0d, 'a carriage return'],
  [0x20, 'a space'],
  [0xfeff, 'a byte order mark'],
]);
