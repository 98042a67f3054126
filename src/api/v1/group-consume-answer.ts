import type { ValueRendering } from '../../contracts/record-json.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { Consumed } from '../../gateway/group-consumer.ts';
import { membershipJson } from '../../gateway/group-json.ts';
import { renderRecords } from '../../json/render-records.ts';
import { decompress } from '../../log/compression.ts';
import type { SentRecords } from '../sent-records.ts';

const encoder = new TextEncoder();

export type ConsumeRendering = { readonly as: ValueRendering; readonly maxRecords: number };

export type ConsumeAnswer = { readonly body: Uint8Array; readonly records: SentRecords };

/**
 * The answer to a consume call, as bytes: records are rendered text and never objects. Positions are those after the
 * records that are in it, for every partition of the member whose place is known.
 */
export function renderConsumeAnswer(consumed: Consumed, rendering: ConsumeRendering): Result<ConsumeAnswer> {
  const { reply, refused, starts, fetched } = consumed;
  const positions: Record<string, Record<string, number>> = {};
  const setPosition = (topic: string, partition: number, offset: number) => {
    positions[topic] = { ...positions[topic], [partition]: offset };
  };
  for (const { topic, partition, from } of starts) if (from !== null) setPosition(topic, partition, from);
  const parts: Uint8Array[] = [];
  const records = new Map<string, number>();
  let recordCount = 0;
  for (const { topic, partition, batches, startOffset, nextOffset } of fetched.partitions) {
    const maxRecords = rendering.maxRecords - recordCount;
    if (maxRecords === 0) {
      setPosition(topic, partition, startOffset);
      continue;
    }
    const rendered = renderRecords(batches, {
      topic,
      partition,
      fromOffset: startOffset,
      maxRecords,
      as: rendering.as,
      shape: 'record',
      isSingleLine: false,
      decompress,
    });
    if (!rendered.ok) return rendered;
    const count = rendered.value.offsets.length;
    // Offsets without a record to show (markers, aborted transactions) are passed over too, or a reader would stay there.
    setPosition(topic, partition, count === 0 ? nextOffset : rendered.value.nextOffset);
    if (count > 0) parts.push(rendered.value.joinBytes(',', recordCount === 0 ? '' : ','));
    recordCount += count;
    records.set(topic, (records.get(topic) ?? 0) + count);
  }
  const gaps = fetched.gaps.map((gap) => ({ ...gap, reason: 'retention' }));
  const head = JSON.stringify(membershipJson(reply, refused)).slice(0, -1);
  const tail = `],"positions":${JSON.stringify(positions)}${gaps.length === 0 ? '' : `,"gaps":${JSON.stringify(gaps)}`}}`;
  return ok({
    body: concatenate([encoder.encode(`${head},"records":[`), ...parts, encoder.encode(tail)]),
    records,
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
