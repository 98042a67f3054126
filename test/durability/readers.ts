import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '../../src/client/index.ts';
import { askOnce, type World } from './asking.ts';
import { idOf } from './run-log.ts';

/** How far below the end a reader jumps in, in records. */
const lookBack = 2_000;

const pageRecords = 200;

type Page = {
  readonly records: readonly { readonly offset: number; readonly value: string }[];
  readonly next_offset: number;
  readonly high_watermark: number;
  readonly log_start_offset: number;
};

/** Reads pages over HTTP at random places, and at the end of the log as often. */
export async function runPageReader(world: World, name: string, isDone: () => boolean): Promise<void> {
  const { log } = world;
  let pages = 0;
  const ends = new Array<number>(world.partitionCount).fill(0);
  const starts = new Array<number>(world.partitionCount).fill(0);
  while (!isDone()) {
    await world.platform.whenUp();
    const partition = Math.floor(Math.random() * world.partitionCount);
    const end = ends[partition]!;
    const back = Math.random() < 0.5 ? 0 : Math.floor(Math.random() * lookBack);
    const offset = Math.max(starts[partition]!, end - back);
    const path = `/v1/topics/${world.topic}/partitions/${partition}/records`;
    const query = `offset=${offset}&max_records=${pageRecords}&as=text`;
    const sinceMs = log.now();
    const asked = await askOnce(`${world.platform.url}${path}?${query}`, {});
    if (asked?.status === 416) {
      const { context } = asked.answer as { context: { log_start_offset: number; high_watermark: number } };
      // Only a log start that moved may put an offset out of range that was in it: an end never moves back.
      if (context.high_watermark < offset) {
        log.report(
          'lost',
          `partition ${partition} ended at ${offset} for a reader, and now at ${context.high_watermark}`,
        );
        ends[partition] = context.high_watermark;
      }
      starts[partition] = context.log_start_offset;
    } else if (asked?.status === 200) {
      const page = asked.answer as Page;
      log.counts.pages += 1;
      // The end that comes with tiered records may be a few seconds old, but never lie before what is asked for.
      if (page.high_watermark < Math.max(offset, page.next_offset)) {
        log.report(
          'lost',
          `a reader at ${offset} of partition ${partition} was told that it ends at ${page.high_watermark}`,
        );
      }
      ends[partition] = Math.max(end, page.high_watermark);
      pages += 1;
      const place = { from: offset, next: page.next_offset, sinceMs, assignment: pages };
      const found = page.records.map(({ offset: at, value }) => ({ offset: at, id: idOf(value) }));
      log.read(name, partition, place, found);
    } else if (asked !== null && asked.status < 500) {
      log.report('refused', `a read at ${offset} of ${partition}: ${asked.status} ${JSON.stringify(asked.answer)}`);
    }
    await pause(5 + 20 * Math.random());
  }
}

/** How far one subscriber has come in each partition: every offset once, in order. */
export class Progress {
  readonly next: number[];
  /** Ranges that never came: allowed only where the log holds nothing there. */
  readonly skipped: { readonly partition: number; readonly from: number; readonly to: number }[] = [];
  readonly name: string;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.next = new Array<number>(world.partitionCount).fill(0);
  }

  receive(partition: number, offset: number, value: string): void {
    const { log } = this.#world;
    const expected = this.next[partition]!;
    log.counts.delivered += 1;
    if (offset < expected) {
      log.report('delivered-twice', `${this.name} got offset ${offset} of ${partition} after ${expected - 1}`);
      return;
    }
    this.skipTo(partition, offset);
    this.next[partition] = offset + 1;
    const place = { from: offset, next: offset + 1, sinceMs: log.now(), assignment: 0 };
    log.read(this.name, partition, place, [{ offset, id: idOf(value) }]);
  }

  /** The platform said that the offsets up to `to` are gone. */
  gap(partition: number, to: number, reason: string): void {
    this.#world.log.gap(this.name, partition, this.next[partition]!, to, reason);
    this.skipTo(partition, to);
  }

  /** What lies before `offset` and did not come is told as missing. */
  skipTo(partition: number, offset: number): void {
    const from = this.next[partition]!;
    if (offset <= from) return;
    this.skipped.push({ partition, from, to: offset });
    this.next[partition] = offset;
  }
}

/** The TypeScript client's consumer, which resumes by itself. */
export async function runClientSubscriber(
  world: World,
  progress: Progress,
  transport: 'json' | 'binary',
  signal: AbortSignal,
): Promise<void> {
  await world.platform.whenUp();
  const consumer = createClient({ url: world.platform.url }).consumer({
    topic: world.topic,
    from: 'earliest',
    transport,
    backoff: { firstMs: 20, maxMs: 200 },
    reconnectTimeoutMs: 3_600_000,
    onGap: ({ partition, to, reason }) => progress.gap(partition, to, reason),
    onReconnect: () => {
      world.log.counts.connections += 1;
    },
  });
  signal.addEventListener('abort', () => void consumer.close());
  try {
    for await (const record of consumer) progress.receive(record.partition, record.offset, record.text() ?? '');
  } catch (thrown) {
    world.log.report('refused', `${progress.name} ended: ${thrown}`);
  }
}

/** A reader of Server-Sent Events that goes on after the last event's id, as a browser does. */
export async function runEventSubscriber(world: World, progress: Progress, signal: AbortSignal): Promise<void> {
  let lastId = '';
  while (!signal.aborted) {
    await world.platform.whenUp();
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastId !== '') headers['last-event-id'] = lastId;
    try {
      const url = `${world.platform.url}/v1/topics/${world.topic}/stream?from=earliest&as=text`;
      const response = await fetch(url, { headers, signal });
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        world.log.report('refused', `${progress.name}: ${response.status} ${await response.text()}`);
        return;
      }
      for await (const event of eventsOf(response)) {
        if (event.id !== null) lastId = event.id;
        take(progress, event);
      }
    } catch {
      // The connection broke; the next one goes on after the last event that came whole.
    }
    world.log.counts.connections += 1;
    await pause(5 + 10 * Math.random());
  }
}

type ServerSentEvent = { readonly id: string | null; readonly type: string; readonly data: string };

function take(progress: Progress, { type, data }: ServerSentEvent): void {
  if (data === '') return;
  const fields = JSON.parse(data);
  if (type === 'gap') progress.gap(fields.partition, fields.to, fields.reason);
  else if (type === 'message') progress.receive(fields.partition, fields.offset, fields.value);
}

async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
      const of = (name: string): string | null => fields.find(([field]) => field === name)?.[1] ?? null;
      yield { id: of('id'), type: of('event') ?? 'message', data: of('data') ?? '' };
    }
  }
}
