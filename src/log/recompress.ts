import { ok, type Result } from '../errors/result.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import { compress, decompress } from './compression.ts';
import { type CompressionType, compressionTypes } from './compression-type.ts';
import { recordsSection } from './record.ts';
import {
  batchAttribute,
  batchHeaderBytes,
  checkBatches,
  readBatchHeader,
  sealBatch,
  writeBatchHeader,
} from './record-batch.ts';

/**
 * Rewrites batches to the codec that `compression.type` asks for; `producer` keeps what was sent, byte for byte, and
 * so does a batch that has the codec already.
 */
export function recompressBatches(batches: Uint8Array, config: TopicConfig): Result<Uint8Array> {
  if (config.compressionType === 'producer') return ok(batches);
  const target = config.compressionType === 'uncompressed' ? 'none' : config.compressionType;
  const checked = checkBatches(batches, config.maxMessageBytes);
  if (!checked.ok) return checked;
  if (checked.value.every(({ header }) => header.compression === target)) return ok(batches);
  const pieces: Uint8Array[] = [];
  for (const { at, header } of checked.value) {
    const section = recordsSection(batches, at, header, decompress);
    if (!section.ok) return section;
    pieces.push(withCodec(batches, at, section.value, target));
  }
  return ok(new Uint8Array(Buffer.concat(pieces)));
}

/** The framed batch in the codec that `compression.type` asks for. */
export function recompressFramed(batch: Uint8Array, config: TopicConfig): Uint8Array {
  if (config.compressionType === 'producer' || config.compressionType === 'uncompressed') return batch;
  return withCodec(batch, 0, batch.subarray(batchHeaderBytes), config.compressionType);
}

/** A copy of the batch at `at` whose records section is `section` under another codec. */
function withCodec(batches: Uint8Array, at: number, section: Uint8Array, target: CompressionType): Uint8Array {
  const header = readBatchHeader(batches, at);
  const body = target === 'none' ? section : compress(target, section);
  const batch = new Uint8Array(batchHeaderBytes + body.length);
  const attributes = (header.attributes & ~batchAttribute.compressionMask) | compressionTypes.indexOf(target);
  writeBatchHeader(batch, 0, { ...header, attributes, sizeBytes: batch.length });
  batch.set(body, batchHeaderBytes);
  sealBatch(batch, 0, batch.length);
  return batch;
}
