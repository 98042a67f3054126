import { useEffect, useRef, useState } from 'react';
import type { Client, ConsumedRecord } from '../../../src/client/index.ts';

/** So many rows are kept; older ones can still be browsed. */
const keptRecords = 5_000;
/** Rows are drawn at most this often: a thousand records a second are a few paints. */
const paintEveryMs = 200;
/** The rate is of the last seconds. */
const rateWindowMs = 2_000;

export type Tail = {
  /** The newest first. */
  readonly records: readonly ConsumedRecord[];
  readonly receivedCount: number;
  readonly droppedCount: number;
  readonly recordsPerSecond: number;
  readonly isConnected: boolean;
  readonly isPaused: boolean;
  readonly error: Error | null;
  readonly togglePause: () => void;
};

type Shown = Omit<Tail, 'isPaused' | 'togglePause'>;

const nothing: Shown = {
  records: [],
  receivedCount: 0,
  droppedCount: 0,
  recordsPerSecond: 0,
  isConnected: false,
  error: null,
};

/** Follows a topic over one socket. While paused nothing is drawn and nothing is lost: reading itself stands still. */
export function useTail(client: Client, topic: string, partition: number | null): Tail {
  const [shown, setShown] = useState(nothing);
  const [isPaused, setPaused] = useState(false);
  const gate = useRef(new Gate());
  useEffect(() => {
    gate.current.set(isPaused);
  }, [isPaused]);
  useEffect(() => {
    const stop = new AbortController();
    const follower = new Follower();
    const paint = setInterval(() => {
      if (follower.hasNews()) setShown(follower.shown());
    }, paintEveryMs);
    const consumer = client.consumer({
      topic,
      partitions: partition === null ? undefined : [partition],
      from: 'latest',
      onGap: () => undefined,
      onReconnect: () => follower.setConnected(false),
    });
    const follow = async () => {
      follower.setConnected(true);
      for await (const record of consumer) {
        if (stop.signal.aborted) return;
        await gate.current.opened();
        follower.take(record);
      }
    };
    follow().catch((thrown: unknown) => {
      if (!stop.signal.aborted) follower.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    });
    return () => {
      stop.abort();
      clearInterval(paint);
      void consumer.close();
    };
  }, [client, topic, partition]);
  return { ...shown, isPaused, togglePause: () => setPaused(!isPaused) };
}

/** Holds the loop up while it is shut. */
class Gate {
  #opening: PromiseWithResolvers<void> | null = null;

  set(isShut: boolean): void {
    if (isShut) this.#opening ??= Promise.withResolvers();
    else {
      this.#opening?.resolve();
      this.#opening = null;
    }
  }

  async opened(): Promise<void> {
    await this.#opening?.promise;
  }
}

/** Gathers what came between two paints. */
class Follower {
  #records: ConsumedRecord[] = [];
  #receivedCount = 0;
  #droppedCount = 0;
  #isConnected = false;
  #error: Error | null = null;
  #hasNews = true;
  #arrivals: { readonly atMs: number; readonly count: number }[] = [];
  #countedUpTo = 0;

  take(record: ConsumedRecord): void {
    this.#records.push(record);
    this.#receivedCount += 1;
    this.#isConnected = true;
    this.#hasNews = true;
  }

  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#hasNews = true;
  }

  fail(error: Error): void {
    this.#error = error;
    this.#isConnected = false;
    this.#hasNews = true;
  }

  hasNews(): boolean {
    // A rate that falls back to nothing is news too.
    const had = this.#hasNews || this.#arrivals.some(({ count }) => count > 0);
    this.#hasNews = false;
    return had;
  }

  shown(): Shown {
    const excess = this.#records.length - keptRecords;
    if (excess > 0) {
      this.#records.splice(0, excess);
      this.#droppedCount += excess;
    }
    return {
      records: this.#records.toReversed(),
      receivedCount: this.#receivedCount,
      droppedCount: this.#droppedCount,
      recordsPerSecond: this.#rate(performance.now()),
      isConnected: this.#isConnected,
      error: this.#error,
    };
  }

  #rate(nowMs: number): number {
    this.#arrivals.push({ atMs: nowMs, count: this.#receivedCount - this.#countedUpTo });
    this.#countedUpTo = this.#receivedCount;
    this.#arrivals = this.#arrivals.filter(({ atMs }) => atMs > nowMs - rateWindowMs);
    const count = this.#arrivals.reduce((sum, arrival) => sum + arrival.count, 0);
    return Math.round(count / (rateWindowMs / 1_000));
  }
}
