import { encodeProduceFrame } from '../src/log/fast-door-frames.ts';
import { encodeLooseRecord } from '../src/log/loose-records.ts';
import { type EncodeOptions, encodeBatch } from '../src/log/record.ts';

/** A JSON string of `bytes` bytes, quotes included: valid wherever a value is text, JSON or bytes. */
export function jsonValue(bytes: number): Uint8Array {
  return Buffer.from(`"${'millrace'.repeat(Math.ceil(bytes / 8)).slice(0, bytes - 2)}"`);
}

/** One uncompressed Kafka v2 batch of equal records without keys, as a producer would send it. */
export function batchOf(recordCount: number, value: Uint8Array, options: EncodeOptions = {}): Uint8Array {
  const record = { timestampMs: Date.now(), key: null, value, headers: [] };
  return encodeBatch(
    Array.from({ length: recordCount }, () => record),
    options,
  );
}

/** A produce frame of the fast door with one batch; the load fills in correlation ids. */
export function batchFrame(batch: Uint8Array): Uint8Array {
  return encodeProduceFrame('produceBatches', 0, batch);
}

/** A produce frame of the fast door with one record; its time is the platform's. */
export function recordFrame(value: Uint8Array): Uint8Array {
  return encodeProduceFrame('produceRecords', 0, encodeLooseRecord(-1, null, value));
}

/** `recordCount` lines, each a value. */
export function ndjsonOf(recordCount: number, value: Uint8Array): Uint8Array {
  return Buffer.concat(Array.from({ length: recordCount }, () => Buffer.concat([value, Buffer.from('\n')])));
}

/** The JSON body of a produce request with one record. */
export function singleRecordJson(value: Uint8Array): string {
  return `{"records":[{"value":${Buffer.from(value).toString('utf8')}}]}`;
}

/** The path of a partition's fast door. */
export function fastDoorPath(topic: string, partition = 0): string {
  return `/v1/topics/${topic}/partitions/${partition}/ws`;
}
