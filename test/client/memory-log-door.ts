import { ConsumedRecord } from '../../src/client/consumed-record.ts';
import { MillraceError } from '../../src/client/index.ts';
import type {
  PartitionStart,
  StreamFrame,
  Subscription,
  SubscriptionDoor,
  SubscriptionEvents,
  SubscriptionRequest,
} from '../../src/client/subscription-door.ts';

export const topicId = '6b1f5f0e-0000-4000-8000-000000000001';

/** What becomes of the next frame. */
export type FrameFate =
  | 'delivered'
  /** The connection breaks instead. */
  | 'cut'
  /** It is left out, so that the next one shows a hole. */
  | 'skipped'
  /** It comes twice. */
  | 'repeated';

/** A partition: values by offset, those below `logStart` gone. */
export type MemoryLog = { readonly values: string[]; logStart: number };

const recordBytes = 10;

/**
 * The platform's side of a subscription over logs in memory: it counts credit as docs/websocket.md says, and the
 * connection does to each frame what `fate` says.
 */
export class MemoryLogDoor implements SubscriptionDoor {
  readonly logs: readonly MemoryLog[];
  readonly #fate: () => FrameFate;
  readonly #frameRecords: () => number;
  readonly #live = new Set<() => void>();
  subscriptions = 0;
  /** Bytes that were sent although the credit was used up. */
  overdrawnBytes = 0;
  /** The next subscriptions fail before they open, one for each error. */
  readonly refusals: MillraceError[] = [];

  constructor(
    logs: readonly MemoryLog[],
    fate: () => FrameFate = () => 'delivered',
    frameRecords: () => number = () => 3,
  ) {
    this.logs = logs;
    this.#fate = fate;
    this.#frameRecords = frameRecords;
  }

  append(partition: number, ...values: string[]): void {
    this.logs[partition]!.values.push(...values);
    for (const wake of this.#live) wake();
  }

  subscribe(request: SubscriptionRequest, events: SubscriptionEvents): Subscription {
    this.subscriptions += 1;
    let credit = request.creditBytes;
    let isEnded = false;
    const end = (error: MillraceError, opened: boolean) => {
      if (isEnded) return;
      isEnded = true;
      this.#live.delete(wake);
      events.ended(error, opened);
    };
    let isScheduled = false;
    const wake = () => {
      if (isEnded || isScheduled) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        if (!isEnded && !push()) return;
        wake();
      });
    };
    const next = new Map<number, number>();
    const push = (): boolean => {
      if (credit <= 0) return false;
      for (const [partition, from] of next) {
        const frame = this.#frame(partition, from);
        if (frame === null) continue;
        const fate = this.#fate();
        if (fate === 'cut') {
          end(new MillraceError({ code: 'NETWORK_EXCEPTION', message: 'cut' }), true);
          return false;
        }
        next.set(partition, frame.to);
        // Of the last frame nothing would ever show that it is missing.
        if (fate === 'skipped' && frame.to < this.logs[partition]!.values.length) return true;
        credit -= frame.kind === 'records' ? frame.bytes : 0;
        events.frame(frame);
        if (fate === 'repeated' && !isEnded) events.frame(frame);
        return true;
      }
      return false;
    };
    const refusal = this.refusals.shift();
    setImmediate(() => {
      if (isEnded) return;
      if (refusal !== undefined) return end(refusal, false);
      const starts = this.#starts(request);
      for (const [partition, start] of starts) next.set(partition, start.from);
      this.#live.add(wake);
      events.subscribed(starts, topicId);
      wake();
    });
    return {
      grant: (bytes) => {
        credit += bytes;
        wake();
      },
      close: () => end(new MillraceError({ code: 'NETWORK_EXCEPTION', message: 'closed' }), true),
    };
  }

  #starts({ partitions, start }: SubscriptionRequest): Map<number, PartitionStart> {
    const starts = new Map<number, PartitionStart>();
    for (const [partition, log] of this.logs.entries()) {
      if (partitions !== undefined && !partitions.includes(partition)) continue;
      const highWatermark = log.values.length;
      let from = start.kind === 'latest' ? highWatermark : log.logStart;
      if (start.kind === 'offsets') from = start.offsets.get(partition) ?? (start.topicId === null ? from : 0);
      starts.set(partition, { from, highWatermark });
    }
    return starts;
  }

  #frame(partition: number, from: number): StreamFrame | null {
    const { values, logStart } = this.logs[partition]!;
    if (from < logStart) return { kind: 'gap', partition, from, to: logStart, reason: 'retention' };
    const to = Math.min(values.length, from + this.#frameRecords());
    if (to <= from) return null;
    const records = values.slice(from, to).map((value, index) => {
      const source = { key: null, value: new TextEncoder().encode(value), headers: [] };
      return new ConsumedRecord('orders', partition, from + index, 0, source);
    });
    return { kind: 'records', partition, from, to, records, bytes: records.length * recordBytes };
  }
}
