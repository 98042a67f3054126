import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import {
  type Filter,
  type FilterField,
  type FilterLiteral,
  type FilterOperator,
  maxFilterDepth,
  maxFilterPredicates,
  orderOperators,
  textOperators,
} from './filter.ts';
import { type FilterProblem, type FilterToken, readFilterTokens } from './filter-lexer.ts';

/**
 * Reads a filter. INVALID_REQUEST says what is wrong, and in `detail.character` where: in UTF-16 units from 1, as
 * {@link pointAtCharacter} shows it.
 */
export function parseFilter(source: string): Result<Filter> {
  const max = limits.filterCharacters.value;
  if (source.length > max) return refused({ at: max, what: `a filter has at most ${max} characters` });
  const tokens = readFilterTokens(source);
  if ('what' in tokens) return refused(tokens);
  const parser = new FilterParser(tokens);
  const filter = parser.parse();
  return parser.problem === null ? ok(filter) : refused(parser.problem);
}

function refused({ at, what }: FilterProblem): Result<never> {
  return failed('INVALID_REQUEST', `The filter is refused at character ${at + 1}: ${what}.`, { character: at + 1 });
}

/** The line of a text that has the character (from 1), and below it a caret that points at it. */
export function pointAtCharacter(source: string, character: number): string {
  const at = Math.min(character - 1, source.length);
  const start = source.lastIndexOf('\n', at - 1) + 1;
  const end = source.indexOf('\n', at);
  const line = source.slice(start, end === -1 ? source.length : end).replaceAll('\t', ' ');
  return `${line}\n${' '.repeat(Math.max(0, at - start))}^`;
}

/** What stands in place of a part that could not be read; the problem is told instead of it. */
const unread: Filter = { kind: 'tombstone' };

class FilterParser {
  problem: FilterProblem | null = null;
  readonly #tokens: readonly FilterToken[];
  #index = 0;
  #depth = 0;
  #predicateCount = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  parse(): Filter {
    const filter = this.#either();
    if (this.problem === null && this.#next.kind !== 'end') this.#expected('&&, || or the end of the filter');
    return filter;
  }

  get #next(): FilterToken {
    return this.#tokens[this.#index]!;
  }

  #either(): Filter {
    return this.#joined('||', 'or', () => this.#joined('&&', 'and', () => this.#negated()));
  }

  #joined(symbol: string, kind: 'or' | 'and', read: () => Filter): Filter {
    const parts = [read()];
    while (this.problem === null && this.#take(symbol)) parts.push(read());
    return parts.length === 1 ? parts[0]! : { kind, parts };
  }

  #negated(): Filter {
    const { at } = this.#next;
    const isNot = this.#take('!');
    if (!isNot && !this.#take('(')) return this.#predicate();
    if (++this.#depth > maxFilterDepth) return this.#refuse(at, `filters nest at most ${maxFilterDepth} deep`);
    const part = isNot ? this.#negated() : this.#either();
    if (!isNot && this.problem === null && !this.#take(')')) this.#expected(`&&, || or the ) of character ${at + 1}`);
    this.#depth--;
    return isNot ? { kind: 'not', part } : part;
  }

  #predicate(): Filter {
    const { at } = this.#next;
    if (++this.#predicateCount > maxFilterPredicates) {
      return this.#refuse(at, `a filter has at most ${maxFilterPredicates} conditions`);
    }
    if (this.#takeWord('tombstone')) return { kind: 'tombstone' };
    const field = this.#field();
    if (field === null) return unread;
    if (this.#takeWord('exists')) {
      if ('path' in field || 'name' in field) return { kind: 'exists', field };
      return this.#refuse(at, `every record has ${withArticle(field.source)}`);
    }
    if (this.#takeWord('in')) return this.#membership(field);
    return this.#comparison(field);
  }

  #field(): FilterField | null {
    const { kind, text } = this.#next;
    if (kind !== 'word' || !fieldNames.includes(text)) return this.#expected(`one of ${fieldNames.join(', ')}`);
    this.#index++;
    switch (text) {
      case 'key':
      case 'value':
        return this.#path(text);
      case 'header':
        return this.#header();
      default:
        return { source: text as 'partition' | 'offset' | 'timestamp' };
    }
  }

  #path(source: 'key' | 'value'): FilterField | null {
    const path: (string | number)[] = [];
    for (;;) {
      const { at } = this.#next;
      if (this.#take('.')) {
        if (this.#next.kind !== 'word') return this.#expected('the name of a member, or ["a name"] without the point');
        path.push(this.#tokens[this.#index++]!.text);
      } else if (this.#take('[')) {
        const step = this.#step();
        if (step === null) return null;
        path.push(step);
      } else return { source, path };
      if (path.length > limits.jsonDepth.value) {
        this.#refuse(at, `a path has at most ${limits.jsonDepth.value} steps`);
        return null;
      }
    }
  }

  #step(): string | number | null {
    const { kind, text } = this.#next;
    const isIndex = kind === 'number' && /^\d{1,9}$/.test(text);
    if (kind !== 'text' && !isIndex) return this.#expected('the name of a member in double quotes, or an index from 0');
    this.#index++;
    if (!this.#take(']')) return this.#expected(']');
    return isIndex ? Number(text) : text;
  }

  #header(): FilterField | null {
    if (!this.#take('[')) return this.#expected('the name of the header: header["name"]');
    if (this.#next.kind !== 'text') return this.#expected('the name of the header in double quotes');
    const name = this.#tokens[this.#index++]!.text;
    return this.#take(']') ? { source: 'header', name } : this.#expected(']');
  }

  #comparison(field: FilterField): Filter {
    const { text, at } = this.#next;
    const operator = operators.find((known) => known === text);
    if (operator === undefined || this.#next.kind === 'text') {
      return this.#expected(`an operator: ${operators.join(', ')}, in or exists`) ?? unread;
    }
    this.#index++;
    if (!('path' in field || 'name' in field) && isTextOperator(operator)) {
      return this.#refuse(at, `${operator} looks into texts, and ${withArticle(field.source)} is a number`);
    }
    const literal = this.#literal(field, operator);
    return literal === null ? unread : { kind: 'comparison', field, operator, literal };
  }

  #membership(field: FilterField): Filter {
    if (!this.#take('[')) return this.#expected('[ and what it may be: ["a", "b"]') ?? unread;
    const literals: FilterLiteral[] = [];
    do {
      const literal = this.#literal(field, '==');
      if (literal === null) return unread;
      literals.push(literal);
    } while (this.#take(','));
    return this.#take(']') ? { kind: 'in', field, literals } : (this.#expected(', or ]') ?? unread);
  }

  /** The literal that comes next, if the field can be compared with it in this way. */
  #literal(field: FilterField, operator: FilterOperator): FilterLiteral | null {
    const { at } = this.#next;
    const literal = this.#anyLiteral();
    if (literal === null) return this.#expected('a text in double quotes, a number, true, false or null');
    const mismatch = mismatchOf(field, operator, literal);
    if (mismatch === null) return literal;
    this.#refuse(at, mismatch);
    return null;
  }

  #anyLiteral(): FilterLiteral | null {
    if (this.#takeWord('true')) return { kind: 'boolean', value: true };
    if (this.#takeWord('false')) return { kind: 'boolean', value: false };
    if (this.#takeWord('null')) return { kind: 'null' };
    const { kind, text } = this.#next;
    if (kind !== 'text' && kind !== 'number' && kind !== 'moment') return null;
    this.#index++;
    return { kind, text };
  }

  #take(symbol: string): boolean {
    const { kind, text } = this.#next;
    if (kind !== 'symbol' || text !== symbol) return false;
    this.#index++;
    return true;
  }

  #takeWord(word: string): boolean {
    const { kind, text } = this.#next;
    if (kind !== 'word' || text !== word) return false;
    this.#index++;
    return true;
  }

  #expected(what: string): null {
    const { kind, text, at } = this.#next;
    const found = kind === 'end' ? 'the end' : kind === 'text' ? 'a text' : `"${text.slice(0, 40)}"`;
    this.#refuse(at, `expected ${what}, found ${found}`);
    return null;
  }

  #refuse(at: number, what: string): Filter {
    this.problem ??= { at, what };
    return unread;
  }
}

const fieldNames: readonly string[] = ['key', 'value', 'header', 'partition', 'offset', 'timestamp'];

const operators: readonly FilterOperator[] = ['==', '!=', ...orderOperators, ...textOperators];

const isTextOperator = (operator: FilterOperator) => textOperators.some((known) => known === operator);

const withArticle = (source: string) => (source === 'offset' ? 'an offset' : `a ${source}`);

/** Why the field cannot be compared with the literal in this way, or null when it can. */
function mismatchOf(field: FilterField, operator: FilterOperator, { kind }: FilterLiteral): string | null {
  if (field.source === 'timestamp') {
    if (kind === 'moment' || kind === 'number') return null;
    return 'a timestamp is compared with a time without quotes: -15m, 2026-11-20T06:00Z, or milliseconds since 1970';
  }
  if (kind === 'moment') return 'only the timestamp is compared with a time; put a text in double quotes';
  if (field.source === 'partition' || field.source === 'offset') {
    return kind === 'number' ? null : `${withArticle(field.source)} is compared with a number`;
  }
  if (isTextOperator(operator)) return kind === 'text' ? null : `${operator} takes a text in double quotes`;
  const isOrdered = kind === 'text' || kind === 'number';
  if (isOrdered || operator === '==' || operator === '!=') return null;
  return `${operator} compares texts and numbers; true, false and null are equal to something or not`;
}
