import { setTimeout as pause } from 'node:timers/promises';
import { askUntilAnswered, type World } from './asking.ts';
import { runClientWriter } from './client-writer.ts';
import type { Crew } from './crew.ts';
import { type FinalPartition, readFinal, recordFinal } from './final-read.ts';
import type { HistoryFile } from './history-file.ts';
import { runBatchWriter, runKeyedWriter } from './http-writers.ts';
import { afterSeconds } from './patience.ts';
import type { PlatformGroup } from './platform-group.ts';
import { Progress, runClientSubscriber, runEventSubscriber, runPageReader } from './readers.ts';
import { RunLog } from './run-log.ts';
import { runSocketWriter } from './socket-writer.ts';
import { type Cleanup, judge } from './verdict.ts';

/** One topic and who uses it. */
export type TopicPlan = {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  readonly cleanup: Cleanup;
  readonly batchWriters: number;
  readonly socketWriters: number;
  readonly clientWriters: number;
  readonly keyedWriters: number;
  readonly readers: number;
  readonly subscribers: number;
  /** Sets going who shares out the topic, if anybody does. */
  readonly crew?: (world: World) => Crew | Promise<Crew>;
};

/** A platform that lives on has answered everyone, and told every subscriber everything, well before. */
const endDeadlineSeconds = 60;

type RunningSubscriber = { readonly progress: Progress; readonly running: Promise<void> };

/** The clients of one topic, from its creation to the verdict. */
export class TopicLoad {
  readonly plan: TopicPlan;
  readonly log: RunLog;
  storedRecords = 0;
  /** Where the logs began in the end: more than 0 when something was deleted. */
  logStarts: readonly number[] = [];
  readonly #world: World;
  readonly #stopReading = new AbortController();
  #isEnding = false;
  #writers: readonly Promise<void>[] = [];
  #readers: readonly Promise<void>[] = [];
  #subscribers: readonly RunningSubscriber[] = [];
  #crew: Crew | null = null;

  private constructor(platform: PlatformGroup, history: HistoryFile, plan: TopicPlan) {
    this.plan = plan;
    this.log = new RunLog(plan.topic, history);
    const { topic, partitions: partitionCount } = plan;
    this.#world = { platform, log: this.log, topic, partitionCount, isEnding: () => this.#isEnding };
  }

  /** Creates the topic and sets everyone going. */
  static async start(platform: PlatformGroup, history: HistoryFile, plan: TopicPlan): Promise<TopicLoad> {
    const load = new TopicLoad(platform, history, plan);
    await load.#create();
    load.#crew = (await plan.crew?.(load.#world)) ?? null;
    load.#subscribers = load.#startSubscribers();
    load.#writers = load.#startWriters();
    load.#readers = Array.from({ length: plan.readers }, (_, index) =>
      runPageReader(load.#world, `reader ${index}`, () => load.#stopReading.signal.aborted),
    );
    return load;
  }

  /** What the group that shares out the topic did; null without one. */
  get crewFigures(): string | null {
    return this.#crew?.figures ?? null;
  }

  /** On a platform that is no longer killed: lets everyone finish, reads all of the topic, and judges it. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#settled('writers', Promise.all(this.#writers));
    await this.#settled('upkeep', this.#maintain());
    const sinceMs = this.log.now();
    const finals = await this.#readAll();
    for (const final of finals) recordFinal(this.log, sinceMs, final);
    const progresses = this.#subscribers.map(({ progress }) => progress);
    await this.#settled('subscribers', untilCaughtUp(progresses, finals));
    if (this.#crew !== null) await this.#settled('the group', this.#crew.finish(finals));
    this.#stopReading.abort();
    await this.#settled('readers', Promise.all([...this.#readers, ...this.#subscribers.map(({ running }) => running)]));
    judge(this.log, finals, progresses, this.plan.cleanup);
    this.#crew?.judge(finals);
    this.storedRecords = finals.reduce((sum, { records }) => sum + records.length, 0);
    this.logStarts = finals.map(({ logStartOffset }) => logStartOffset);
  }

  async #create(): Promise<void> {
    const { topic: name, partitions, config } = this.plan;
    const { status, answer } = await askUntilAnswered(this.#world, '/v1/topics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, partitions, config }),
    });
    if (status !== 201) throw new Error(`the topic ${name} was not created: ${JSON.stringify(answer)}`);
  }

  #startWriters(): Promise<void>[] {
    const { batchWriters, socketWriters, clientWriters, keyedWriters, cleanup } = this.plan;
    const kinds: ((world: World, writer: number) => Promise<void>)[] = [
      ...Array.from({ length: batchWriters }, () => runBatchWriter),
      ...Array.from({ length: socketWriters }, () => runSocketWriter),
      ...Array.from({ length: clientWriters }, () => runClientWriter),
      ...Array.from({ length: keyedWriters }, (_, index) => (world: World, writer: number) => {
        const isKeyless = index % 2 === 0 && !cleanup.compacts;
        return runKeyedWriter(world, writer, isKeyless);
      }),
    ];
    return kinds.map((run, writer) =>
      run(this.#world, writer).catch((thrown: unknown) => this.log.report('stuck', `writer ${writer}: ${thrown}`)),
    );
  }

  /** One of each door: the JSON socket and the binary one, which the client resumes, and Server-Sent Events. */
  #startSubscribers(): RunningSubscriber[] {
    const { signal } = this.#stopReading;
    return Array.from({ length: this.plan.subscribers }, (_, index) => {
      const door = (['json', 'binary', 'events'] as const)[index % 3]!;
      const progress = new Progress(this.#world, `subscriber ${index} (${door})`);
      const running =
        door === 'events'
          ? runEventSubscriber(this.#world, progress, signal)
          : runClientSubscriber(this.#world, progress, door, signal);
      return { progress, running };
    });
  }

  /** What the kills interrupted is finished before the verdict. */
  async #maintain(): Promise<void> {
    const { topic } = this.plan;
    const { status, answer } = await askUntilAnswered(this.#world, `/v1/topics/${topic}/maintenance`, {
      method: 'POST',
    });
    const failures = JSON.stringify(answer).match(/"failure":\{[^}]*\}/g) ?? [];
    if (status !== 200 || failures.length > 0) {
      this.log.report('stuck', `the upkeep of ${topic} failed: ${status} ${failures.join(', ')}`);
    }
  }

  #readAll(): Promise<FinalPartition[]> {
    const { platform, topic, partitionCount } = this.#world;
    return Promise.all(
      Array.from({ length: partitionCount }, (_, partition) => readFinal(platform.url, topic, partition)),
    );
  }

  /** One that does not finish is an anomaly itself. */
  async #settled(who: string, work: Promise<unknown>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const callOff = afterSeconds(endDeadlineSeconds, () => resolve('late'));
    const ended = await Promise.race([work, late]);
    callOff();
    if (ended === 'late')
      this.log.report('stuck', `${who} did not finish within ${endDeadlineSeconds} s of the last start`);
  }
}

async function untilCaughtUp(subscribers: readonly Progress[], finals: readonly FinalPartition[]): Promise<void> {
  const isBehind = ({ next }: Progress): boolean =>
    finals.some(({ partition, records }) => next[partition]! <= (records.at(-1)?.offset ?? -1));
  while (subscribers.some(isBehind)) await pause(20);
}
