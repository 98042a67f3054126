/**
 * Regular expressions over topic names, matched in time linear in the name (Thompson's construction, simulated): what
 * a client sends can be slow by its size only, and that is bounded. A pattern must match the whole name.
 *
 *     pattern = branch { "|" branch }
 *     branch  = { piece }
 *     piece   = atom [ ( "*" | "+" | "?" | "{" n "}" | "{" n ",}" | "{" n "," m "}" ) [ "?" ] ]
 *     atom    = "." | "(" [ "?:" ] pattern ")" | "[" [ "^" ] ranges "]" | "^" | "$" | "\" escape | character
 *     escape  = d D w W s S (classes) or a punctuation character, which stands for itself
 *
 * This is the part of RE2 that means something for names: no back-references, no look-around, no flags. Lazy
 * quantifiers are read and mean the same, since only a whole match counts.
 */
import { failed, ok, type Result } from '../errors/result.ts';
import { type CharacterSet, inverted, maxCharacterCode, namedClass, setOf } from './character-set.ts';
import { PatternProgram } from './pattern-program.ts';

/** A longer pattern is a mistake, or an attack. */
export const maxPatternCharacters = 256;

/** Repeating more often than a topic name has characters means nothing. */
const maxRepeat = 249;

/** What a pattern may grow to when its repetitions are written out: it bounds the time a character takes. */
const maxStates = 1_000;

/** Deeper nesting means nothing in a pattern of this length, and reading it recurses. */
const maxDepth = 32;

/** A pattern that was read; it is immutable and may be kept. */
export type TopicPattern = {
  readonly source: string;
  /** What every name that matches begins with. */
  readonly literalPrefix: string;
  matches(name: string): boolean;
};

type Node =
  | { readonly kind: 'set'; readonly set: CharacterSet; readonly literal: string | null }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

/** Reads a pattern; INVALID_REGULAR_EXPRESSION says what is wrong and at which character. */
export function parseTopicPattern(source: string): Result<TopicPattern> {
  if (source.length === 0 || source.length > maxPatternCharacters) {
    return invalid(source, 0, `it has ${source.length} characters, and must have 1 to ${maxPatternCharacters}`);
  }
  const parser = new PatternParser(source);
  const node = parser.parse();
  if (parser.problem !== null) return invalid(source, parser.problem.at, parser.problem.what);
  const program = new PatternProgram(maxStates);
  const start = compile(node, program, program.add({ kind: 'match' }));
  if (program.isFull || start === null) {
    return invalid(source, 0, `its repetitions need more than ${maxStates} states; make them smaller`);
  }
  return ok({
    source,
    literalPrefix: prefixOf(node).text,
    matches: (name) => program.matches(name, start),
  });
}

function invalid(source: string, at: number, what: string): Result<never> {
  return failed('INVALID_REGULAR_EXPRESSION', `The pattern is refused at character ${at + 1}: ${what}.`, {
    pattern: source.slice(0, maxPatternCharacters),
    character: at + 1,
  });
}

class PatternParser {
  problem: { readonly at: number; readonly what: string } | null = null;
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.problem === null && this.#at < this.#source.length) this.#refuse('there is no group to close');
    return node;
  }

  #choice(): Node {
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    return branches.length === 1 ? branches[0]! : { kind: 'choice', parts: branches };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.problem === null && this.#at < this.#source.length) {
      const next = this.#source[this.#at]!;
      if (next === '|' || next === ')') break;
      parts.push(this.#repeated(this.#atom()));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(part: Node): Node {
    const bounds = this.#quantifier();
    if (bounds === null) return part;
    this.#take('?');
    if (this.#at < this.#source.length && '*+?'.includes(this.#source[this.#at]!)) {
      this.#refuse('a quantifier follows a quantifier');
    }
    return { kind: 'repeat', part, ...bounds };
  }

  #quantifier(): { min: number; max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    const counted = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.#source.slice(this.#at));
    if (counted === null) return null;
    const min = Number(counted[1]);
    const max =
      counted[2] === undefined ? min : counted[3] === undefined ? Number.POSITIVE_INFINITY : Number(counted[3]);
    if (min > max || min > maxRepeat || (max > maxRepeat && max !== Number.POSITIVE_INFINITY)) {
      this.#refuse(`a repetition counts from 0 to ${maxRepeat}, the smaller number first`);
    }
    this.#at += counted[0].length;
    return { min, max };
  }

  #atom(): Node {
    const character = this.#source[this.#at++]!;
    switch (character) {
      case '.':
        return { kind: 'set', set: inverted([]), literal: null };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#characterClass(), literal: null };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        this.#at--;
        return this.#refuse('there is nothing to repeat');
      default:
        return this.#literal(character);
    }
  }

  #group(): Node {
    const opened = this.#at - 1;
    if (this.#take('?') && !this.#take(':')) return this.#refuse('only plain groups and (?: are supported');
    if (++this.#depth > maxDepth) return this.#refuse(`groups nest at most ${maxDepth} deep`);
    const node = this.#choice();
    this.#depth--;
    if (this.problem === null && !this.#take(')')) {
      this.#at = opened;
      return this.#refuse('the group is not closed');
    }
    return node;
  }

  #characterClass(): CharacterSet {
    const opened = this.#at - 1;
    const isInverted = this.#take('^');
    const ranges: [number, number][] = [];
    // A closing bracket right at the start stands for itself, as everywhere.
    for (let isFirst = true; isFirst || this.#source[this.#at] !== ']'; isFirst = false) {
      if (this.#at >= this.#source.length) {
        this.#at = opened;
        this.#refuse('the character class is not closed');
        return [];
      }
      ranges.push(...this.#classItem());
      if (this.problem !== null) return [];
    }
    this.#at++;
    const set = setOf(ranges);
    return isInverted ? inverted(set) : set;
  }

  #classItem(): [number, number][] {
    const first = this.#classCharacter();
    if (typeof first !== 'number') return first.map(([from, to]) => [from, to]);
    const isRange = this.#source[this.#at] === '-' && !['', ']'].includes(this.#source.charAt(this.#at + 1));
    if (!isRange) return [[first, first]];
    this.#at++;
    const last = this.#classCharacter();
    if (typeof last === 'number' && last >= first) return [[first, last]];
    this.#refuse('the range in the character class is upside down');
    return [];
  }

  #classCharacter(): number | CharacterSet {
    const character = this.#source[this.#at++]!;
    if (character !== '\\') return this.#code(character);
    const node = this.#escape();
    if (node.kind !== 'set') return 0;
    return node.literal === null ? node.set : node.literal.charCodeAt(0);
  }

  #escape(): Node {
    const character = this.#source[this.#at++] ?? '';
    const set = namedClass(character);
    if (set !== null) return { kind: 'set', set, literal: null };
    if (character !== '' && !/[A-Za-z0-9]/.test(character)) return this.#literal(character);
    this.#at--;
    return this.#refuse(`\\${character} is not supported`);
  }

  #literal(character: string): Node {
    const code = this.#code(character);
    return { kind: 'set', set: [[code, code]], literal: character };
  }

  #code(character: string): number {
    const code = character.charCodeAt(0);
    if (code > maxCharacterCode) this.#refuse('topic names have ASCII characters only');
    return code;
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #refuse(what: string): Node {
    this.problem ??= { at: Math.min(this.#at, this.#source.length), what };
    return { kind: 'empty' };
  }
}

/** Writes the states of `node` so that they lead to `next`, and answers where they begin; null when there are too many. */
function compile(node: Node, program: PatternProgram, next: number | null): number | null {
  if (next === null || program.isFull) return null;
  switch (node.kind) {
    case 'empty':
      return next;
    case 'start':
    case 'end':
      return program.add({ kind: node.kind, next });
    case 'set':
      return program.add({ kind: 'set', set: node.set, next });
    case 'sequence':
      return node.parts.reduceRight<number | null>((after, part) => compile(part, program, after), next);
    case 'choice':
      return node.parts
        .map((part) => compile(part, program, next))
        .reduce((one, other) =>
          one === null || other === null ? null : program.add({ kind: 'fork', next: one, other }),
        );
    case 'repeat':
      return compileRepeat(node, program, next);
  }
}

function compileRepeat(node: Extract<Node, { kind: 'repeat' }>, program: PatternProgram, next: number): number | null {
  const { part, min, max } = node;
  let start: number | null = next;
  if (max === Number.POSITIVE_INFINITY) {
    const loop = program.add({ kind: 'fork', next, other: next });
    const body = compile(part, program, loop);
    if (body === null) return null;
    program.set(loop, { kind: 'fork', next, other: body });
    start = loop;
  } else {
    for (let count = min; count < max && start !== null; count++) {
      const body: number | null = compile(part, program, start);
      start = body === null ? null : program.add({ kind: 'fork', next, other: body });
    }
  }
  for (let count = 0; count < min && start !== null; count++) start = compile(part, program, start);
  return start;
}

/** The literal beginning of a node; `isWhole` when the node is nothing but it. */
function prefixOf(node: Node): { readonly text: string; readonly isWhole: boolean } {
  switch (node.kind) {
    case 'start':
    case 'empty':
      return { text: '', isWhole: true };
    case 'set':
      return { text: node.literal ?? '', isWhole: node.literal !== null };
    case 'sequence': {
      let text = '';
      for (const part of node.parts) {
        const prefix = prefixOf(part);
        text += prefix.text;
        if (!prefix.isWhole) return { text, isWhole: false };
      }
      return { text, isWhole: true };
    }
    case 'repeat':
      return node.min > 0 ? { text: prefixOf(node.part).text, isWhole: false } : { text: '', isWhole: false };
    default:
      return { text: '', isWhole: false };
  }
}
