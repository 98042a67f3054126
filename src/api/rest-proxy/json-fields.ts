import type { JsonSpan } from '../../json/json-scanner.ts';
import { isNullLiteral, jsonStringText } from '../../json/json-string.ts';

const backslash = 0x5c;
const quote = 0x22;

/** Where a member's value stands, or null when it is absent or null. */
export function spanOf(source: Uint8Array, members: ReadonlyMap<string, JsonSpan>, name: string): JsonSpan | null {
  const span = members.get(name);
  return span === undefined || isNullLiteral(source, span) ? null : span;
}

/** The UTF-8 text of the string at `span`; null when it is no string, or none that UTF-8 can say. */
export function stringAt(source: Uint8Array, span: JsonSpan): Uint8Array | null {
  if (source[span.start] !== quote) return null;
  const hasEscape = source.subarray(span.start, span.end).includes(backslash);
  return jsonStringText(source, span, hasEscape);
}
