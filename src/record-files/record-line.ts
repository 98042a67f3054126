import { encodeBase64 } from '../client/base64.ts';
import type { ValueType } from '../contracts/record-json.ts';
import { JsonScanner } from '../json/json-scanner.ts';
import { decodeUtf8 } from '../json/utf8-text.ts';

/** What a line says of a record, which the client's records have. */
export type LineRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array | null }[];
};

/**
 * JSON that can stand inside a line and be cut out again without losing a byte: no line break, no white space around
 * it. Other JSON is shown as a text.
 */
const standsInLine = /^[^\s](?:[^\r\n]*[^\s])?$/;

/**
 * A record as one line of JSON, as the HTTP API's NDJSON shows it, with the topic. A JSON value stands in it as it is
 * stored, so that no number loses digits; `millrace produce --format json` reads such lines and stores the same bytes.
 */
export function recordLine(record: LineRecord): string {
  const { topic, partition, offset, timestamp } = record;
  const key = renderKey(record.key);
  const value = renderValue(record.value);
  return (
    `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset},"timestamp":${timestamp},` +
    `"key":${key.text},"key_type":"${key.type}","value":${value.text},` +
    `"value_type":"${value.type}","headers":[${headersOf(record)}]}\n`
  );
}

type RenderedPart = { readonly text: string; readonly type: ValueType };

/** A key's text is shown as a string even where it looks like JSON: that is how producers send string keys. */
function renderKey(key: Uint8Array | null): RenderedPart {
  if (key === null) return nullPart;
  const text = decodeUtf8(key);
  return text === null ? base64Part(key) : textPart(text);
}

function renderValue(value: Uint8Array | null): RenderedPart {
  if (value === null) return nullPart;
  const text = decodeUtf8(value);
  if (text === null) return base64Part(value);
  return standsInLine.test(text) && isJson(value) ? { text, type: 'json' } : textPart(text);
}

function isJson(value: Uint8Array): boolean {
  const scanner = new JsonScanner(value);
  return scanner.skipValue() && scanner.finish();
}

const nullPart: RenderedPart = { text: 'null', type: 'null' };

function textPart(text: string): RenderedPart {
  return { text: JSON.stringify(text), type: 'text' };
}

function base64Part(bytes: Uint8Array): RenderedPart {
  return { text: `"${encodeBase64(bytes)}"`, type: 'base64' };
}

/** The headers as members of an array. */
export function headersOf({ headers }: Pick<LineRecord, 'headers'>): string {
  return headers
    .map(({ name, value }) => {
      const text = value === null ? null : decodeUtf8(value);
      const isText = value === null || text !== null;
      return JSON.stringify(isText ? { name, value: text } : { name, value_base64: encodeBase64(value) });
    })
    .join(',');
}
