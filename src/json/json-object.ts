import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { JsonScanner, type JsonSpan } from './json-scanner.ts';
import { jsonStringText } from './json-string.ts';
import { decodeUtf8, decodeUtf8Lossily, malformedUtf8 } from './utf8-text.ts';

/** A frame's or body's own members: far above any of ours, and keeps a hostile one from filling a map. */
const maxMembers = 1_000;

/**
 * Scans a text that must be one JSON object and finds where each member's value stands, so that some can be decoded
 * and others stored as they came. Of members with the same name the last counts, as for JSON.parse.
 *
 * Failures: MALFORMED_UTF8; MALFORMED_JSON with `line` and `column`; INVALID_REQUEST when it is no object.
 */
export function scanMembers(text: Uint8Array): Result<ReadonlyMap<string, JsonSpan>> {
  if (decodeUtf8(text) === null) return malformedUtf8(text, 'the text');
  const scanner = new JsonScanner(text);
  if (scanner.peek() !== 0x7b) {
    return scanner.skipValue() && scanner.finish() ? notAnObject : scanner.failure();
  }
  const members = new Map<string, JsonSpan>();
  scanner.enterObject();
  for (let isFirst = true; scanner.nextMember(isFirst); isFirst = false) {
    const name = memberName(scanner);
    const start = scanner.position;
    if (!scanner.skipValue()) return scanner.failure();
    members.set(name, { start, end: scanner.position });
    if (members.size > maxMembers) return tooManyMembers;
  }
  return scanner.finish() ? ok(members) : scanner.failure();
}

/** Half a surrogate pair becomes U+FFFD: such a name is none of ours. */
function memberName(scanner: JsonScanner): string {
  const span = { start: scanner.nameStart, end: scanner.nameEnd };
  const text = jsonStringText(scanner.bytes, span, scanner.nameHasEscape);
  return decodeUtf8Lossily(text ?? scanner.bytes.subarray(span.start, span.end));
}

const notAnObject: Failed = failed('INVALID_REQUEST', 'the text must be a JSON object.');
const tooManyMembers: Failed = failed('INVALID_REQUEST', `the object has more than ${maxMembers} members.`);
