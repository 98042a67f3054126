import type { Failure } from '../errors/result.ts';
import type { AppendedRange, Isolation } from './partition-rpc.ts';
import { readInt64, writeInt64 } from './varint.ts';

/** Frames of the subprotocol `millrace.v1.binary`; the layouts are in docs/websocket.md. Shared with the client. */
export const fastDoorProtocol = 'millrace.v1.binary';

export const clientFrame = {
  produceBatches: 0x01,
  produceRecords: 0x02,
  subscribe: 0x03,
  credit: 0x04,
  unsubscribe: 0x05,
} as const;
export const serverFrame = {
  acks: 0x41,
  error: 0x42,
  records: 0x43,
  gap: 0x44,
  subscribed: 0x45,
  throttle: 0x46,
} as const;

/** In place of a correlation id: the error concerns the subscription or the socket. */
export const noCorrelation = 0xffff_ffff;

/** Special offsets of a subscribe frame (as in Kafka's ListOffsets). */
export const subscribeEarliest = -2;
export const subscribeLatest = -1;

export const ackEntryBytes = 25;
export const ackLastFlag = 1;
export const ackDuplicateFlag = 2;

/** Bytes before the batches of a records frame. */
export const recordsFrameHeaderBytes = 25;

export function encodeProduceFrame(
  kind: 'produceBatches' | 'produceRecords',
  correlationId: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5 + payload.length);
  frame[0] = clientFrame[kind];
  new DataView(frame.buffer).setUint32(1, correlationId);
  frame.set(payload, 5);
  return frame;
}

/** Bytes of a subscribe frame up to its flags, which may be left out. */
export const subscribeFrameBytes = 13;

/** A flag of a subscribe frame: only records of committed transactions, and those outside of any, are pushed. */
export const subscribeCommittedFlag = 1;

export function encodeSubscribeFrame(
  creditBytes: number,
  offset: number,
  isolation: Isolation = 'read_uncommitted',
): Uint8Array<ArrayBuffer> {
  const isCommitted = isolation === 'read_committed';
  const frame = new Uint8Array(subscribeFrameBytes + (isCommitted ? 1 : 0));
  frame[0] = clientFrame.subscribe;
  new DataView(frame.buffer).setUint32(1, creditBytes);
  writeInt64(frame, 5, offset);
  if (isCommitted) frame[subscribeFrameBytes] = subscribeCommittedFlag;
  return frame;
}

export function encodeCreditFrame(bytes: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5);
  frame[0] = clientFrame.credit;
  new DataView(frame.buffer).setUint32(1, bytes);
  return frame;
}

/** Acks of one socket, gathered over a flush and sent as one frame. */
export class AckFrameWriter {
  #frame = new Uint8Array(1 + 64 * ackEntryBytes);
  #view = new DataView(this.#frame.buffer);
  #length = 1;

  get isEmpty(): boolean {
    return this.#length === 1;
  }

  add(correlationId: number, ranges: readonly AppendedRange[], duplicate: boolean): void {
    ranges.forEach((range, index) => {
      this.#reserve(ackEntryBytes);
      const at = this.#length;
      this.#view.setUint32(at, correlationId);
      const lastFlag = index === ranges.length - 1 ? ackLastFlag : 0;
      this.#frame[at + 4] = lastFlag | (duplicate ? ackDuplicateFlag : 0);
      writeInt64(this.#frame, at + 5, range.baseOffset);
      this.#view.setUint32(at + 13, range.recordCount);
      writeInt64(this.#frame, at + 17, range.logAppendTimeMs);
      this.#length += ackEntryBytes;
    });
  }

  /** The frame so far; the writer begins a new one. */
  take(): Uint8Array<ArrayBuffer> {
    const frame = this.#frame.slice(0, this.#length);
    frame[0] = serverFrame.acks;
    this.#length = 1;
    return frame;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#frame.length) return;
    const larger = new Uint8Array(this.#frame.length * 2);
    larger.set(this.#frame);
    this.#frame = larger;
    this.#view = new DataView(larger.buffer);
  }
}

export type AckEntry = AppendedRange & {
  readonly correlationId: number;
  readonly isLast: boolean;
  readonly duplicate: boolean;
};

export function decodeAcksFrame(frame: Uint8Array): AckEntry[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const entries: AckEntry[] = [];
  for (let at = 1; at + ackEntryBytes <= frame.length; at += ackEntryBytes) {
    const flags = view.getUint8(at + 4);
    entries.push({
      correlationId: view.getUint32(at),
      isLast: (flags & ackLastFlag) !== 0,
      duplicate: (flags & ackDuplicateFlag) !== 0,
      baseOffset: readInt64(frame, at + 5),
      recordCount: view.getUint32(at + 13),
      logAppendTimeMs: readInt64(frame, at + 17),
    });
  }
  return entries;
}

export function encodeRecordsFrame(
  from: number,
  to: number,
  highWatermark: number,
  batches: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(recordsFrameHeaderBytes + batches.length);
  frame[0] = serverFrame.records;
  writeInt64(frame, 1, from);
  writeInt64(frame, 9, to);
  writeInt64(frame, 17, highWatermark);
  frame.set(batches, recordsFrameHeaderBytes);
  return frame;
}

export function encodeSubscribedFrame(
  from: number,
  highWatermark: number,
  logStartOffset: number,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(25);
  frame[0] = serverFrame.subscribed;
  writeInt64(frame, 1, from);
  writeInt64(frame, 9, highWatermark);
  writeInt64(frame, 17, logStartOffset);
  return frame;
}

export function encodeGapFrame(from: number, to: number, reason: 'retention'): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify({ reason }));
  const frame = new Uint8Array(17 + text.length);
  frame[0] = serverFrame.gap;
  writeInt64(frame, 1, from);
  writeInt64(frame, 9, to);
  frame.set(text, 17);
  return frame;
}

/** Says that nothing is pushed for about so long, because a quota is used up. */
export function encodeThrottleFrame(throttleMs: number, { code, message }: Failure): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify({ code, message }));
  const frame = new Uint8Array(5 + text.length);
  frame[0] = serverFrame.throttle;
  new DataView(frame.buffer).setUint32(1, Math.ceil(throttleMs));
  frame.set(text, 5);
  return frame;
}

export function encodeErrorFrame(correlationId: number, failure: Failure): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(failure));
  const frame = new Uint8Array(5 + text.length);
  frame[0] = serverFrame.error;
  new DataView(frame.buffer).setUint32(1, correlationId);
  frame.set(text, 5);
  return frame;
}
