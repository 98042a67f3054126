import type { RecordJson } from '../contracts/record-json.ts';
import { decodeBase64 } from './base64.ts';
import { ConsumedRecord, type RecordHeader, type RecordSource } from './consumed-record.ts';

const utf8 = new TextEncoder();

/**
 * A record out of a JSON door that was asked for `as=base64`: the only rendering in which a parsed frame has lost
 * nothing.
 */
export class Base64Source implements RecordSource {
  readonly #json: RecordJson;

  constructor(json: RecordJson) {
    this.#json = json;
  }

  get key(): Uint8Array | null {
    return this.#json.key === null ? null : decodeBase64(this.#json.key as string);
  }

  get value(): Uint8Array | null {
    return this.#json.value === null ? null : decodeBase64(this.#json.value as string);
  }

  get headers(): readonly RecordHeader[] {
    return this.#json.headers.map((header) => ({
      name: header.name,
      value: header.value_base64 !== undefined ? decodeBase64(header.value_base64) : encodeText(header.value ?? null),
    }));
  }
}

/** Reads what a JSON door sent as base64. */
export function recordOfJson(topic: string, json: RecordJson): ConsumedRecord {
  return new ConsumedRecord(topic, json.partition, json.offset, json.timestamp, new Base64Source(json));
}

function encodeText(text: string | null): Uint8Array | null {
  return text === null ? null : utf8.encode(text);
}
