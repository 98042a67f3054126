import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Client } from '../../../src/client/index.ts';
import type { RowShape } from './record-row.ts';
import { decodeRows } from './record-rows.ts';
import { emptyTail, TailFollower, type TailView } from './tail-follower.ts';

/** Rows are drawn at most this often: a thousand records a second are a few paints. */
const paintEveryMs = 200;

export type Tail = TailView & { readonly isPaused: boolean; readonly togglePause: () => void };

export type TailRequest = {
  readonly topic: string;
  readonly partition: number | null;
  /** A filter that can be read; empty for all records. */
  readonly where: string;
  readonly shape: RowShape;
};

/**
 * Follows a topic over one socket; the worker tries and decodes what comes. While paused nothing is drawn and nothing
 * is lost: reading itself stands still. Another filter is another tail: whoever shows it mounts it anew.
 */
export function useTail(client: Client, { topic, partition, where, shape }: TailRequest): Tail {
  const [view, setView] = useState(emptyTail);
  const [isPaused, setPaused] = useState(false);
  const gate = useRef(new Gate());
  const follower = useRef<TailFollower | null>(null);
  const decode = useEffectEvent(async (following: TailFollower, nowMs: number) => {
    const records = following.takePending();
    const filter = where === '' ? null : { where, nowMs };
    following.add(await decodeRows(records, shape, filter));
  });
  useEffect(() => {
    gate.current.set(isPaused);
  }, [isPaused]);
  useEffect(() => {
    const following = new TailFollower();
    follower.current = following;
    // Times like -15m in a filter are counted from here.
    const beganMs = Date.now();
    let isDecoding = false;
    const paint = setInterval(() => {
      const news = following.news(performance.now());
      if (news !== null) setView(news);
      if (isDecoding) return;
      isDecoding = true;
      decode(following, beganMs)
        .catch((error: Error) => following.fail(error))
        .finally(() => {
          isDecoding = false;
        });
    }, paintEveryMs);
    const stop = follow(client, { topic, partition }, following, gate.current);
    return () => {
      clearInterval(paint);
      stop();
      setView(emptyTail);
    };
  }, [client, topic, partition]);
  const { rendering, columns } = shape;
  useEffect(() => {
    const following = follower.current;
    if (following === null || following.rows.length === 0) return;
    const records = following.rows.map(({ record }) => record);
    decodeRows(records, { rendering, columns })
      .then((rows) => following.replace(rows))
      .catch((error: Error) => following.fail(error));
  }, [rendering, columns]);
  return { ...view, isPaused, togglePause: () => setPaused(!isPaused) };
}

/** Reads until it is told to stop. */
function follow(
  client: Client,
  { topic, partition }: Pick<TailRequest, 'topic' | 'partition'>,
  follower: TailFollower,
  gate: Gate,
): () => void {
  let isStopped = false;
  const consumer = client.consumer({
    topic,
    partitions: partition === null ? undefined : [partition],
    from: 'latest',
    onGap: () => undefined,
    onReconnect: () => follower.setConnected(false),
  });
  const read = async () => {
    follower.setConnected(true);
    for await (const record of consumer) {
      if (isStopped) return;
      if (gate.isShut) await gate.opened();
      follower.take(record);
    }
  };
  read().catch((thrown: unknown) => {
    if (!isStopped) follower.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  return () => {
    isStopped = true;
    void consumer.close();
  };
}

/** Holds the loop up while it is shut. */
class Gate {
  #opening: PromiseWithResolvers<void> | null = null;

  get isShut(): boolean {
    return this.#opening !== null;
  }

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
