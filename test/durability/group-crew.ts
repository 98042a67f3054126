import { setTimeout as pause } from 'node:timers/promises';
import { type Asked, askOnce, isUnsettled, type World } from './asking.ts';
import { type Crew, whenAtWork } from './crew.ts';
import type { FinalPartition } from './final-read.ts';
import { type Confirmed, type DescribedPartition, GroupLedger } from './group-ledger.ts';
import { idOf } from './run-log.ts';

/** The shortest that a group takes: whoever dies for good is missed for so long. */
const sessionTimeoutMs = 6_000;

/** A call with nothing to tell waits so long, which is about how long the platform lives. */
const waitMs = 500;

const pageRecords = 500;

/** Calls after which a program ends, and another one takes its place. */
const callsMin = 5;
const callsMax = 40;

/** Between two looks at the group, in ms. */
const lookEveryMs = 300;

/** Between a call that was not answered and the next one, in ms. */
const laterMs = 20;

/** Two go by a fixed id and come back by it without a word; the third is someone else each time. */
const seats = ['fixed', 'fixed', 'changing'] as const;

type Offsets = Readonly<Record<string, number>>;

type Consumed = {
  readonly member_epoch: number;
  readonly refused?: readonly Refused[];
  readonly rejoined?: unknown;
  readonly records: readonly { readonly partition: number; readonly offset: number; readonly value: string }[];
  readonly positions: Readonly<Record<string, Offsets>>;
};

type Refused = { readonly partition: number; readonly code: string; readonly message: string };

/** A program between its first call and its end. */
type Program = { readonly memberId: string; epoch: number; uncommitted: Offsets };

/**
 * Three members of a consumer group over plain calls. A record counts as handed out when its answer came whole; only then
 * is it committed, either by a call of its own or with the next one. Programs end all the time: some take their leave,
 * the others do not.
 */
export class GroupCrew implements Crew {
  readonly #world: World;
  readonly #ledger: GroupLedger;
  readonly #path: string;
  readonly #running: readonly Promise<void>[];
  #isOver = false;
  /** The one with the changing id is to die and be missed, once. */
  #isDeathDue = false;

  constructor(world: World) {
    this.#world = world;
    this.#ledger = new GroupLedger(world.log, world.partitionCount);
    this.#path = `/v1/groups/${world.topic}-crew`;
    this.#running = [...seats.map((kind, seat) => this.#hold(seat, kind)), this.#watch()].map((running) =>
      running.catch((thrown: unknown) => world.log.report('stuck', `the consumer group: ${thrown}`)),
    );
  }

  get figures(): string {
    const { deliveries, again, commits, members, rejoined, lostAnswers, descriptions } = this.#ledger.counts;
    return (
      `consumer group: ${deliveries} records handed to ${members} programs, ${again} of them again, ` +
      `${commits} commits, ${rejoined} rejoined, ${lostAnswers} answers lost, looked at ${descriptions} times`
    );
  }

  async finish(finals: readonly FinalPartition[]): Promise<void> {
    this.#isDeathDue = true;
    try {
      while (this.#isDeathDue || !this.#ledger.isThrough(finals)) await pause(lookEveryMs);
    } finally {
      this.#isOver = true;
    }
    await Promise.all(this.#running);
  }

  judge(finals: readonly FinalPartition[]): void {
    this.#isOver = true;
    this.#ledger.judge(finals);
  }

  async #hold(seat: number, kind: (typeof seats)[number]): Promise<void> {
    for (let life = 0; !this.#isOver; life += 1) {
      this.#ledger.counts.members += 1;
      const memberId = kind === 'fixed' ? `seat-${seat}` : `seat-${seat}-${life}`;
      const program: Program = { memberId, epoch: 0, uncommitted: {} };
      let calls = callsMin + Math.floor(Math.random() * (callsMax - callsMin));
      while (!this.#isOver && calls > 0 && (await this.#consume(program))) {
        calls -= 1;
        if (this.#isDeathDue && kind === 'changing' && program.epoch > 0) break;
      }
      // Sessions begin anew with each life of the platform, so only when the kills are over is anybody sure to be missed.
      if (this.#isDeathDue && kind === 'changing') this.#isDeathDue = false;
      else if (kind === 'changing' || Math.random() < 0.3) await this.#leave(program);
    }
  }

  /** One call: commits what the last one brought, and deals with what is new. False when the program is out. */
  async #consume(program: Program): Promise<boolean> {
    const before = this.#ledger.confirmed();
    const { topic } = this.#world;
    const sent = program.uncommitted;
    const asked = await this.#post(program, '/consume', {
      topics: [topic],
      session_timeout_ms: sessionTimeoutMs,
      commit: { [topic]: sent },
      max_records: pageRecords,
      wait_ms: waitMs,
      as: 'text',
    });
    if (asked === null) return true;
    if (asked.status !== 200) return this.#isOut(asked);
    const answer = asked.answer as Consumed;
    if (answer.rejoined === undefined) this.#confirm(sent, answer.refused ?? [], before);
    else this.#ledger.counts.rejoined += 1;
    program.epoch = answer.member_epoch;
    for (const { partition, offset, value } of answer.records) {
      this.#ledger.handOut({ partition, offset, id: idOf(value) }, before);
    }
    program.uncommitted = answer.positions[topic] ?? {};
    return answer.records.length === 0 || Math.random() < 0.5 || (await this.#commit(program));
  }

  /** A commit by a call of its own. */
  async #commit(program: Program): Promise<boolean> {
    const before = this.#ledger.confirmed();
    const sent = program.uncommitted;
    const asked = await this.#post(program, '/offsets', { offsets: { [this.#world.topic]: sent } });
    if (asked === null) return true;
    if (asked.status !== 200) return this.#isOut(asked);
    this.#confirm(sent, (asked.answer as { refused: Refused[] }).refused, before);
    program.uncommitted = {};
    return true;
  }

  async #leave(program: Program): Promise<void> {
    if (program.epoch === 0) return;
    const before = this.#ledger.confirmed();
    const sent = program.uncommitted;
    const asked = await this.#post(program, '/leave', { commit: { [this.#world.topic]: sent } });
    if (asked?.status === 200) this.#confirm(sent, (asked.answer as { refused: Refused[] }).refused, before);
    else if (asked !== null) this.#isOut(asked);
  }

  #confirm(sent: Offsets, refused: readonly Refused[], before: Confirmed): void {
    for (const [partition, offset] of Object.entries(sent)) {
      const refusal = refused.find((one) => one.partition === Number(partition));
      if (refusal === undefined) this.#ledger.commit(Number(partition), offset, before);
      else if (refusal.code === 'OFFSET_OUT_OF_RANGE') this.#world.log.report('refused', refusal.message);
    }
  }

  /** Whoever is fenced or unknown joins as a new program; nothing else may be answered. */
  #isOut({ status, answer }: Asked): false {
    const { code } = answer as { code?: string };
    if (code !== 'FENCED_MEMBER_EPOCH' && code !== 'UNKNOWN_MEMBER_ID') {
      this.#world.log.report('refused', `a member of the group: ${status} ${JSON.stringify(answer)}`);
    }
    return false;
  }

  /** Null when nobody knows what became of the call. */
  async #post({ memberId, epoch }: Program, path: string, body: object): Promise<Asked | null> {
    await whenAtWork(this.#world);
    const member = { member_id: memberId, ...(epoch === 0 ? {} : { member_epoch: epoch }) };
    const asked = await askOnce(`${this.#world.platform.url}${this.#path}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...member, ...body }),
    });
    if (asked !== null && !isUnsettled(asked)) return asked;
    this.#ledger.counts.lostAnswers += 1;
    await pause(laterMs);
    return null;
  }

  /** Looks at what the group says of itself, again and again. */
  async #watch(): Promise<void> {
    while (!this.#isOver) {
      await whenAtWork(this.#world);
      const before = this.#ledger.confirmed();
      const asked = await askOnce(`${this.#world.platform.url}${this.#path}`, {});
      if (asked?.status === 200) {
        const { partitions } = asked.answer as { partitions: DescribedPartition[] };
        this.#ledger.observe(partitions, before);
      } else if (asked?.status === 404) {
        this.#ledger.observe([], before);
      }
      await pause(lookEveryMs);
    }
  }
}
