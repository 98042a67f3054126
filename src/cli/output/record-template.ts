import type { ConsumedRecord } from '../../client/index.ts';
import { UsageError } from '../command.ts';

/** One piece of a template: text, or a field of the record. */
type Piece = string | ((record: ConsumedRecord) => string | Uint8Array);

const fields: Readonly<Record<string, (record: ConsumedRecord) => string | Uint8Array>> = {
  k: (record) => record.key ?? '',
  s: (record) => record.value ?? '',
  o: (record) => String(record.offset),
  p: (record) => String(record.partition),
  t: (record) => record.topic,
  T: (record) => String(record.timestamp),
  h: (record) => record.headers.map(({ name, value }) => `${name}=${textOf(value)}`).join(','),
  K: (record) => String(record.key?.length ?? -1),
  S: (record) => String(record.value?.length ?? -1),
  '%': () => '%',
};

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' };

/** What is written for each record; keys and values are their bytes. */
export type RecordTemplate = (record: ConsumedRecord) => readonly (string | Uint8Array)[];

/**
 * kcat's format: %t topic, %p partition, %o offset, %T timestamp in ms, %k key, %s value, %h headers as
 * name=value,..., %K and %S length of key and value (-1: null), %% a percent sign, and \n \t \r \0 \\ \xNN.
 */
export function parseRecordTemplate(template: string): RecordTemplate {
  const pieces: Piece[] = [];
  let text = '';
  for (let index = 0; index < template.length; index++) {
    const character = template[index]!;
    const next = template[index + 1] ?? '';
    if (character === '%') {
      const field = Object.hasOwn(fields, next) ? fields[next] : undefined;
      if (field === undefined)
        throw new UsageError(`the template has "%${next}"; known are %${Object.keys(fields).join(' %')}.`);
      if (text !== '') pieces.push(text);
      text = '';
      pieces.push(field);
      index += 1;
    } else if (character === '\\') {
      const hex = /^x[0-9a-fA-F]{2}/.exec(template.slice(index + 1));
      const escaped = hex === null ? escapes[next] : String.fromCharCode(Number.parseInt(hex[0].slice(1), 16));
      if (escaped === undefined)
        throw new UsageError(`the template has "\\${next}"; known are \\n \\t \\r \\0 \\\\ \\xNN.`);
      text += escaped;
      index += hex === null ? 1 : 3;
    } else {
      text += character;
    }
  }
  if (text !== '') pieces.push(text);
  return (record) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece(record)));
}

const utf8 = new TextDecoder();

function textOf(value: Uint8Array | null): string {
  return value === null ? '' : utf8.decode(value);
}
