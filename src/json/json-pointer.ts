import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import { isNamed } from './json-member.ts';
import { type JsonScanner, type JsonSpan, maxJsonDepth } from './json-scanner.ts';
import { encodeUtf8 } from './utf8-text.ts';

const maxPointerCharacters = limits.keyPointerCharacters.value;

/** An RFC 6901 pointer, one entry a step. */
export type JsonPointer = readonly PointerStep[];

type PointerStep = {
  /** An object's member has this name. */
  readonly name: Uint8Array;
  /** An array's element has this index; null when the step is no array index, and then finds nothing in an array. */
  readonly index: number | null;
};

/** What a pointer found; a string with an escape must be decoded to be read as text. */
export type PointedValue = JsonSpan & { readonly hasEscape: boolean };

/** Reads an RFC 6901 pointer: empty for the whole value, else `/` before each step; `~0` is `~` and `~1` is `/`. */
export function parseJsonPointer(pointer: string): Result<JsonPointer> {
  if (pointer === '') return ok([]);
  if (pointer.length > maxPointerCharacters) {
    return failed('INVALID_REQUEST', `key has more than ${maxPointerCharacters} characters.`);
  }
  if (!pointer.startsWith('/')) return invalidPointer(pointer, "it must be empty or begin with '/'");
  const parts = pointer.slice(1).split('/');
  if (parts.length > maxJsonDepth) return invalidPointer(pointer, `it has more than ${maxJsonDepth} steps`);
  const steps: PointerStep[] = [];
  for (const part of parts) {
    if (/~(?![01])/.test(part)) return invalidPointer(pointer, "'~' must be written ~0, and '/' inside a name ~1");
    const name = encodeUtf8(part.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (name === null) return invalidPointer(pointer, 'it has half of a surrogate pair');
    steps.push({ name, index: /^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : null });
  }
  return ok(steps);
}

const invalidPointer = (pointer: string, why: string) =>
  failed(
    'INVALID_REQUEST',
    `key is not a JSON pointer (RFC 6901): ${JSON.stringify(pointer)}: ${why}. Example: key=/customer/id`,
  );

/**
 * Scans one whole value, as `skipValue` does, and on the way finds what `pointer` points at. Null when nothing is
 * there, or when the scanner has a problem. Of members with the same name the last counts, as for JSON.parse.
 */
export function findPointedValue(scanner: JsonScanner, pointer: JsonPointer): PointedValue | null {
  return findFrom(scanner, pointer, 0);
}

function findFrom(scanner: JsonScanner, pointer: JsonPointer, depth: number): PointedValue | null {
  const step = pointer[depth];
  const first = scanner.peek();
  if (step !== undefined && first === 0x7b) return findInObject(scanner, pointer, depth, step.name);
  if (step !== undefined && first === 0x5b) return findInArray(scanner, pointer, depth, step.index);
  const start = scanner.position;
  if (!scanner.skipValue(depth) || step !== undefined) return null;
  return { start, end: scanner.position, hasEscape: scanner.hasEscape };
}

function findInObject(
  scanner: JsonScanner,
  pointer: JsonPointer,
  depth: number,
  name: Uint8Array,
): PointedValue | null {
  let found: PointedValue | null = null;
  scanner.enterObject();
  for (let isFirst = true; scanner.nextMember(isFirst); isFirst = false) {
    if (isNamed(scanner, name)) found = findFrom(scanner, pointer, depth + 1);
    else scanner.skipValue(depth + 1);
  }
  return scanner.problem === null ? found : null;
}

function findInArray(
  scanner: JsonScanner,
  pointer: JsonPointer,
  depth: number,
  index: number | null,
): PointedValue | null {
  let found: PointedValue | null = null;
  scanner.enterArray();
  for (let at = 0; scanner.nextElement(at === 0); at++) {
    if (at === index) found = findFrom(scanner, pointer, depth + 1);
    else scanner.skipValue(depth + 1);
  }
  return scanner.problem === null ? found : null;
}
