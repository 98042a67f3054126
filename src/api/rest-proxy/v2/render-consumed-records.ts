import { ok, type Result } from '../../../errors/result.ts';
import type { Fetched } from '../../../gateway/group-fetch.ts';
import type { InstanceRecords } from '../../../gateway/instance-consumer.ts';
import { encodeBase64 } from '../../../json/base64.ts';
import { JsonScanner } from '../../../json/json-scanner.ts';
import { decodeUtf8 } from '../../../json/utf8-text.ts';
import { limits } from '../../../limits.ts';
import { decompress } from '../../../log/compression.ts';
import { decodeBatches } from '../../../log/record.ts';
import type { SentRecords } from '../../sent-records.ts';

export type ConsumedRecords = {
  /** A JSON array. */
  readonly text: string;
  readonly records: SentRecords;
  readonly format: 'binary' | 'json';
};

const maxRecords = limits.readRecords.max;

/**
 * Renders what was fetched for an instance as v2 has it, up to `maxBytes` of keys and values, and says how far that is.
 * In the json format a part that is no JSON is shown as a string of its text, or of its base64 when it is no text: a
 * record of another producer must not keep a consumer from reading on.
 */
export function renderConsumedRecords(
  fetched: Fetched,
  format: string,
  maxBytes: number,
): Result<InstanceRecords<ConsumedRecords>> {
  const render = format === 'json' ? renderJson : renderBinary;
  const texts: string[] = [];
  const records = new Map<string, number>();
  const positions: { topic: string; partition: number; offset: number }[] = [];
  let sizeBytes = 0;
  let isFull = false;
  for (const { topic, partition, batches, startOffset, nextOffset } of fetched.partitions) {
    let position = nextOffset;
    const named = `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":`;
    const decoded = decodeBatches(batches, decompress, ({ offset, key, value }) => {
      if (offset < startOffset) return true;
      const recordBytes = (key?.length ?? 0) + (value?.length ?? 0);
      isFull ||= texts.length > 0 && (sizeBytes + recordBytes > maxBytes || texts.length >= maxRecords);
      if (isFull) {
        position = offset;
        return false;
      }
      sizeBytes += recordBytes;
      records.set(topic, (records.get(topic) ?? 0) + 1);
      texts.push(`${named}${offset},"key":${render(key)},"value":${render(value)}}`);
      return true;
    });
    if (!decoded.ok) return decoded;
    positions.push({ topic, partition, offset: position });
  }
  // A record of an empty key and value has no bytes, and is there all the same.
  const countedBytes = Math.max(sizeBytes, texts.length);
  const rendered = {
    text: `[${texts.join(',')}]`,
    records,
    format: format === 'json' ? 'json' : 'binary',
  } as const;
  return ok({ rendered, sizeBytes: countedBytes, positions });
}

const renderBinary = (part: Uint8Array | null): string => (part === null ? 'null' : `"${encodeBase64(part)}"`);

function renderJson(part: Uint8Array | null): string {
  if (part === null) return 'null';
  const text = decodeUtf8(part);
  if (text === null) return renderBinary(part);
  const scanner = new JsonScanner(part);
  return scanner.skipValue() && scanner.finish() ? text : JSON.stringify(text);
}
