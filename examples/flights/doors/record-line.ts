import { scanMembers } from '../../../src/json/json-object.ts';
import type { DeliveredRecord } from '../topic-check.ts';

const newline = 0x0a;
const text = new TextDecoder();

/** The records of an NDJSON text, as the HTTP read answers it. */
export function recordsOfLines(body: Uint8Array): DeliveredRecord[] {
  const records: DeliveredRecord[] = [];
  for (let start = 0; start < body.length; ) {
    const end = body.indexOf(newline, start);
    records.push(recordOfLine(body.subarray(start, end === -1 ? body.length : end)));
    start = end === -1 ? body.length : end + 1;
  }
  return records;
}

/**
 * The record that one line of JSON shows. Its value is cut out of the line as it stands there: parsing and writing it
 * again would hide a difference of white space or of a number's spelling.
 */
export function recordOfLine(line: Uint8Array): DeliveredRecord {
  const members = scanMembers(line);
  if (!members.ok) throw new Error(`${members.error.message} In: ${text.decode(line)}`);
  const sourceOf = (name: string): Uint8Array => {
    const span = members.value.get(name);
    if (span === undefined) throw new Error(`a record without "${name}": ${text.decode(line)}`);
    return line.subarray(span.start, span.end);
  };
  const parse = (name: string): unknown => JSON.parse(text.decode(sourceOf(name)));
  if (parse('value_type') !== 'json') throw new Error(`a value that is not JSON: ${text.decode(line)}`);
  return {
    partition: parse('partition') as number,
    offset: parse('offset') as number,
    key: parse('key') as string | null,
    value: sourceOf('value'),
  };
}
