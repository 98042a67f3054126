import { errorTable } from '../../../src/errors/error-codes.ts';
import type { Failure, Result } from '../../../src/errors/result.ts';
import type { ShareAcknowledgement } from '../../../src/gateway/share/share-consumer.ts';
import type { EdgeServices } from '../edge.ts';
import type { Platform } from '../simulated-platform.ts';
import { isTopicGone, isUnknownOutcome } from './failure-kinds.ts';
import { SimulatedClient } from './simulated-client.ts';
import { numberIn, type TopicDirectory } from './topic-directory.ts';

type SharedRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: unknown;
  readonly lock_id: string;
  readonly delivery_count: number;
};

/** Every so manieth record cannot be dealt with by anyone. */
const poisonEvery = 13;

/** While nothing comes, and the load is over, it asks this often. */
const idleMs = 20_000;

/** An acknowledgement is repeated this often; then the lock runs out. */
const triesMax = 4;

/** A program that works in a share group. */
export class ShareWorker extends SimulatedClient {
  readonly #groupId: string;
  readonly #topicNames: readonly string[];
  /** Its topics, without those that were gone at the end, when nobody creates any. */
  readonly #left: Set<string>;
  /** To be asked for one by one, since one of them is gone. */
  readonly #doubted: string[] = [];
  hasEnded = false;

  constructor(platform: Platform, topics: TopicDirectory, name: string, groupId: string, names: readonly string[]) {
    super(platform, topics, name);
    this.#groupId = groupId;
    this.#topicNames = names;
    this.#left = new Set(names);
  }

  get isActive(): boolean {
    return this.isRunning && !this.hasEnded;
  }

  quit(): void {
    this.hasEnded = true;
  }

  async run(): Promise<void> {
    while (!this.hasEnded) {
      const records = await this.#acquire();
      await this.sleep(this.random.logarithmic(2, this.isStopping ? 300 : 3_000));
      if (records.length > 0) await this.#decide(records);
      else await this.sleep(this.isStopping ? idleMs : this.random.logarithmic(50, 2_000));
    }
  }

  async #acquire(): Promise<SharedRecord[]> {
    const sentAtMs = this.world.nowMs;
    const topics = this.#topicsToAskFor();
    const acquired = await this.#ask('acquires', ({ shares, pause }) =>
      shares.consumer.acquire(
        {
          groupId: this.#groupId,
          memberId: this.random.chance(0.9) ? this.name : null,
          clientId: '',
          topics,
          maxRecords: Math.floor(this.random.logarithmic(1, 60)),
          maxBytes: Math.floor(this.random.logarithmic(1, 300_000)),
          waitMs: this.random.chance(0.3) ? this.random.integer(50, 2_000) : 0,
          as: 'auto',
        },
        (_, waitMs) => pause(waitMs),
      ),
    );
    if (acquired === null) return [];
    if (!acquired.ok) {
      if (this.isStopping && isTopicGone(acquired.error)) this.#doubt(topics);
      this.#expect(acquired.error);
      return [];
    }
    const { texts, group } = acquired.value;
    const records = texts.map((text) => JSON.parse(text) as SharedRecord);
    for (const { lock_id: lockId, offset, delivery_count: deliveryCount } of records) {
      const { lockDurationMs, deliveryLimit } = group.config;
      const told = { worker: this.name, lockId, offset, deliveryCount, sentAtMs, lockDurationMs };
      this.platform.shareJudge.views.handed(told);
      if (deliveryCount > deliveryLimit) this.world.violate(`I-4d: ${this.name} is handed delivery ${deliveryCount}`);
    }
    return records;
  }

  #topicsToAskFor(): readonly string[] {
    const doubted = this.#doubted.pop();
    if (doubted !== undefined) return [doubted];
    return this.#left.size === 0 ? this.#topicNames : [...this.#left];
  }

  /** One of these is gone: when it is known which, the others are worked off without it. */
  #doubt(topics: readonly string[]): void {
    const [first, ...others] = topics;
    if (first === undefined) return;
    if (others.length === 0) this.#left.delete(first);
    else this.#doubted.push(...topics);
  }

  async #decide(records: readonly SharedRecord[]): Promise<void> {
    const decided: ShareAcknowledgement[] = [];
    for (const record of records) {
      const type = this.#decisionOn(record);
      // What nobody decides on is unlocked by time.
      if (type === null) continue;
      const { topic, partition, offset, lock_id: lockId } = record;
      decided.push({ topic, partition, from: offset, to: offset, lockId, type, delayMs: null });
    }
    if (decided.length === 0) return;
    const { views } = this.platform.shareJudge;
    for (const { lockId, from, type } of decided) if (type !== 'renew') views.decides(lockId, from);
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const answer = await this.#ask('acknowledges', ({ shares }) =>
        shares.consumer.acknowledge(this.#groupId, decided),
      );
      if (answer?.ok) this.#note(decided, answer.value);
      const isSettled = answer?.ok && answer.value.every((result) => result.ok || !this.#mayRepeat(result.error));
      if (isSettled) return;
      await this.sleep(this.random.between(20, 300));
    }
  }

  #note(decided: readonly ShareAcknowledgement[], results: readonly Result<null>[]): void {
    const { views } = this.platform.shareJudge;
    for (const [index, { lockId, from, type }] of decided.entries()) {
      const result = results[index];
      if (result?.ok) views.confirmed(lockId, from, type);
      else if (result !== undefined && result.error.code === 'INVALID_RECORD_STATE') {
        this.world.sometimes('decision came too late');
      } else if (result !== undefined) this.#expect(result.error);
    }
  }

  #decisionOn({ value }: SharedRecord): ShareAcknowledgement['type'] | null {
    if (numberIn(value) % poisonEvery === 0) return this.random.chance(0.5) ? 'release' : null;
    const drawn = this.random.next();
    if (drawn < 0.04) return 'reject';
    if (this.isStopping || drawn < 0.75) return 'accept';
    if (drawn < 0.85) return 'release';
    return drawn < 0.9 ? 'renew' : null;
  }

  #mayRepeat(error: Failure): boolean {
    return isUnknownOutcome(error) || errorTable[error.code].retriable;
  }

  #expect(error: Failure): void {
    const isExpected = this.#mayRepeat(error) || isTopicGone(error) || error.code === 'GROUP_ID_NOT_FOUND';
    if (!isExpected) this.world.violate(`${this.name} was told ${error.code}: ${error.message}`);
  }

  /** Null when no answer came. */
  async #ask<T>(what: string, handle: (services: EdgeServices) => Promise<Result<T>>): Promise<Result<T> | null> {
    try {
      return await this.alive(this.edge().request(`${this.name} ${what}`, handle));
    } catch {
      return null;
    }
  }
}
