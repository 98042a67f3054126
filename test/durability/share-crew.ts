import { setTimeout as pause } from 'node:timers/promises';
import { type Asked, askOnce, askUntilAnswered, isRetriable, isUnsettled, type World } from './asking.ts';
import { type Crew, whenAtWork } from './crew.ts';
import type { FinalPartition } from './final-read.ts';
import { idOf } from './run-log.ts';
import { decisionOn, type Letter, type ShareCounts, ShareLedger, type Told } from './share-ledger.ts';

const workerCount = 3;

/** The locks of a worker that died run out after a life of the platform or two. */
const lockDurationMs = 2_000;

/** No record is to die of kills alone: each may take answers with it that handed the record out. */
const deliveryLimit = 100;

const pageRecords = 200;

/** A call with nothing to tell waits so long, which is about how long the platform lives. */
const waitMs = 500;

/** Calls after which a worker dies with its records, and another one takes its place. */
const callsMin = 5;
const callsMax = 40;

/** Between a call that was not answered and the next one, and between two looks at the group in the end, in ms. */
const laterMs = 20;
const lookEveryMs = 200;

const json = { 'content-type': 'application/json' };

type SharedRecord = {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
  readonly lock_id: string;
  readonly delivery_count: number;
};

type LetterRecord = {
  readonly value: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
};

/** Three workers of a share group over plain calls, with a dead-letter topic for what they reject. */
export class ShareCrew implements Crew {
  readonly #world: World;
  readonly #ledger: ShareLedger;
  readonly #path: string;
  readonly #letterTopic: string;
  readonly #running: readonly Promise<void>[];
  #letters: readonly Letter[] = [];
  #group: ShareCounts = { available: 0, acquired: 0, accepted: 0, archived: 0, dead_letters: 0, dead_lettered: 0 };
  #isOver = false;

  private constructor(world: World, group: string, letterTopic: string) {
    this.#world = world;
    this.#ledger = new ShareLedger(world.log);
    this.#path = `/v1/share-groups/${group}`;
    this.#letterTopic = letterTopic;
    this.#running = Array.from({ length: workerCount }, (_, worker) =>
      this.#work(worker).catch((thrown: unknown) => world.log.report('stuck', `the share group: ${thrown}`)),
    );
  }

  /** Creates the group and its dead-letter topic, and sets the workers going. */
  static async start(world: World): Promise<ShareCrew> {
    const group = `${world.topic}-crew`;
    const letterTopic = `${world.topic}-letters`;
    const create = async (path: string, body: object): Promise<void> => {
      const { status, answer } = await askUntilAnswered(world, path, {
        method: 'POST',
        headers: json,
        body: JSON.stringify(body),
      });
      if (status >= 300) throw new Error(`${path} refused ${JSON.stringify(body)}: ${JSON.stringify(answer)}`);
    };
    await create('/v1/topics', { name: letterTopic, partitions: 1, config: { 'retention.ms': '-1' } });
    const limits = { lock_duration_ms: lockDurationMs, delivery_limit: deliveryLimit };
    await create('/v1/share-groups', { group, start: 'earliest', dead_letter_topic: letterTopic, ...limits });
    return new ShareCrew(world, group, letterTopic);
  }

  get figures(): string {
    const { deliveries, accepted, rejected, unknown, late, lostAnswers, members, letters } = this.#ledger.counts;
    return (
      `share group: ${deliveries} records handed to ${members} workers, ${accepted} accepted, ${rejected} rejected, ` +
      `${letters} dead letters, ${unknown} decisions without an answer, ${late} too late, ${lostAnswers} answers lost`
    );
  }

  async finish(finals: readonly FinalPartition[]): Promise<void> {
    const stored = finals.reduce((sum, { records }) => sum + records.length, 0);
    try {
      await this.#look();
      while (this.#group.accepted + this.#group.archived + this.#group.dead_lettered < stored) {
        await pause(lookEveryMs);
        await this.#look();
      }
    } finally {
      this.#isOver = true;
    }
    await Promise.all(this.#running);
    await this.#look();
    this.#letters = await this.#readLetters();
  }

  judge(finals: readonly FinalPartition[]): void {
    this.#isOver = true;
    this.#ledger.judge(finals, this.#letters, this.#group);
  }

  async #work(worker: number): Promise<void> {
    while (!this.#isOver) {
      this.#ledger.counts.members += 1;
      const memberId = `worker-${worker}-${this.#ledger.counts.members}`;
      let calls = callsMin + Math.floor(Math.random() * (callsMax - callsMin));
      for (; calls > 0 && !this.#isOver; calls -= 1) {
        const records = await this.#acquire(memberId);
        // The last page is never decided on: its locks have to run out.
        if (calls > 1 && records.length > 0) await this.#acknowledge(records);
      }
    }
  }

  async #acquire(memberId: string): Promise<readonly SharedRecord[]> {
    const sinceMs = this.#world.log.now();
    const body = { topics: [this.#world.topic], max_records: pageRecords, wait_ms: waitMs, as: 'text' };
    const asked = await this.#post('/acquire', { member_id: memberId, ...body });
    if (asked === null) return [];
    const { records } = asked.answer as { records: SharedRecord[] };
    for (const { partition, offset, value } of records) {
      this.#ledger.handOut({ partition, offset, id: idOf(value) }, sinceMs);
    }
    return records;
  }

  async #acknowledge(records: readonly SharedRecord[]): Promise<void> {
    const decided = records.map((record) => {
      const id = idOf(record.value);
      return { ...record, id, decision: decisionOn(id, record.delivery_count) };
    });
    const asked = await this.#post('/acknowledge', {
      acknowledgements: decided.map(({ partition, offset, lock_id, decision }) => {
        return { topic: this.#world.topic, partition, from: offset, lock_id, type: decision };
      }),
    });
    const results = (asked?.answer as { results: ({ ok: true } | { code: string })[] } | undefined)?.results;
    for (const [index, record] of decided.entries()) {
      this.#ledger.decide(record, record.decision, this.#toldBy(results?.[index]));
    }
  }

  #toldBy(result: { ok: true } | { code: string } | undefined): Told {
    if (result === undefined) return 'unknown';
    if ('ok' in result) return 'done';
    if (result.code === 'INVALID_RECORD_STATE') return 'late';
    if (!isRetriable(result.code)) this.#world.log.report('refused', `a decision: ${JSON.stringify(result)}`);
    return 'unknown';
  }

  /** Null when nobody knows what became of the call. */
  async #post(path: string, body: object): Promise<Asked | null> {
    await whenAtWork(this.#world);
    const init = { method: 'POST', headers: json, body: JSON.stringify(body) };
    const asked = await askOnce(`${this.#world.platform.url}${this.#path}${path}`, init);
    if (asked?.status === 200) return asked;
    if (asked !== null && !isUnsettled(asked)) {
      this.#world.log.report('refused', `a worker of the share group: ${asked.status} ${JSON.stringify(asked.answer)}`);
    }
    this.#ledger.counts.lostAnswers += 1;
    await pause(laterMs);
    return null;
  }

  /** Takes over what the group counts. */
  async #look(): Promise<void> {
    const { answer } = await askUntilAnswered(this.#world, this.#path, {});
    const { partitions = [] } = answer as { partitions?: ShareCounts[] };
    const sum = (of: keyof ShareCounts): number => partitions.reduce((total, one) => total + one[of], 0);
    this.#group = {
      available: sum('available'),
      acquired: sum('acquired'),
      accepted: sum('accepted'),
      archived: sum('archived'),
      dead_letters: sum('dead_letters'),
      dead_lettered: sum('dead_lettered'),
    };
  }

  async #readLetters(): Promise<Letter[]> {
    const letters: Letter[] = [];
    for (let offset = 0; ; ) {
      const path = `/v1/topics/${this.#letterTopic}/partitions/0/records?offset=${offset}&as=text`;
      const { status, answer } = await askUntilAnswered(this.#world, path, {});
      if (status !== 200) throw new Error(`the dead letters cannot be read: ${JSON.stringify(answer)}`);
      const { records, next_offset } = answer as { records: LetterRecord[]; next_offset: number };
      if (records.length === 0) return letters;
      letters.push(...records.map(letterOf));
      offset = next_offset;
    }
  }
}

function letterOf({ value, headers }: LetterRecord): Letter {
  const header = (name: string): string | undefined =>
    headers.find((one) => one.name === `__dlq.errors.${name}`)?.value;
  return {
    partition: Number(header('partition')),
    offset: Number(header('offset')),
    id: idOf(value),
    reason: header('reason') ?? 'none',
  };
}
