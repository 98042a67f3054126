import type { DeliveredRecord } from '../topic-check.ts';

/** Where the records are. */
export type DoorTarget = {
  readonly url: string;
  readonly topic: string;
  /** By partition: up to where to read. */
  readonly highWatermarks: readonly number[];
};

/** One way to read a topic from its beginning: the records in pieces, those of a partition in order. */
export type Door = (target: DoorTarget) => AsyncGenerator<readonly DeliveredRecord[], void, undefined>;

export type DoorName = 'HTTP, record batches' | 'HTTP, NDJSON' | 'SSE' | 'WebSocket, JSON' | 'WebSocket, binary';
