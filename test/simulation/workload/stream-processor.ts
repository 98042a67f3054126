import type { Platform } from '../simulated-platform.ts';
import { GroupMember, type MemberPlan } from './group-member.ts';
import { numberIn, type TopicDirectory } from './topic-directory.ts';
import { type SessionPlan, TransactionSession } from './transaction-session.ts';

/** Offsets by topic and partition, as calls and answers have them. */
type Offsets = Record<string, Record<number, number>>;

/** A member of a group that writes on what it reads, in the transaction that commits having read it. */
export class StreamProcessor extends GroupMember {
  readonly session: TransactionSession;
  readonly #sink: string;
  #positions: Offsets = {};

  constructor(platform: Platform, topics: TopicDirectory, name: string, plan: MemberPlan, transactions: SessionPlan) {
    super(platform, topics, name, plan);
    this.session = new TransactionSession(this, transactions);
    this.#sink = topics.stableNames[1]!;
  }

  override async run(): Promise<void> {
    while (!this.hasEnded) {
      if (this.session.producer === null && !(await this.session.initialize())) {
        await this.sleep(this.random.logarithmic(20, 2_000));
      } else if (!(await this.#step())) {
        this.startAnew();
        this.#positions = {};
      }
    }
  }

  /** Reads on, and writes what it read; false when it must go back to what is committed. */
  async #step(): Promise<boolean> {
    const positions = new Map(
      Object.entries(this.#positions).map(([topic, offsets]) => [
        topic,
        new Map(Object.entries(offsets).map(([partition, offset]) => [Number(partition), offset])),
      ]),
    );
    const answer = await this.consume({
      commits: [],
      positions,
      maxBytes: Math.floor(this.random.logarithmic(100, 20_000)),
      waitMs: 0,
      maxRecords: Math.floor(this.random.logarithmic(1, 200)),
      isolation: 'read_committed',
    });
    if (answer === null) return false;
    const { page } = answer;
    this.take(page, {});
    if (page.rejoined !== undefined) this.#positions = {};
    this.#forgetLost(page.assignment);
    const advanced = this.#advanced(page.positions);
    if (advanced.length === 0) {
      await this.rest(true);
      return true;
    }
    const inputs = page.records.map(({ value }) => numberIn(value));
    for (const input of inputs) this.platform.transactionJudge.ledger.shown(input, this.name);
    return this.#transact(inputs, advanced, page.positions);
  }

  async #transact(
    inputs: readonly number[],
    advanced: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
    positions: Offsets,
  ): Promise<boolean> {
    const attempt = this.session.begin();
    const places = inputs.map(() => this.random.integer(0, this.topics.stablePartitions - 1));
    let isFine = inputs.length === 0 || (await this.session.write(attempt, this.#sink, places, inputs));
    await this.rest(false);
    const { groupId, memberId, instanceId } = this.plan;
    const claim = { memberId, instanceId, memberEpoch: this.memberEpoch };
    const commits = advanced.map((one) => ({ ...one, metadata: '', leaderEpoch: -1 }));
    isFine = isFine && (await this.session.commitOffsets(attempt, groupId, { claim, commits }));
    const isCommitted = isFine && this.random.chance(0.9);
    const isOver = await this.session.end(attempt, isCommitted);
    if (!isOver || (!isFine && this.session.plan.style === 'TV1')) await this.session.initialize();
    if (!isOver || !isCommitted) return false;
    for (const [topic, offsets] of Object.entries(positions)) {
      this.#positions[topic] = { ...this.#positions[topic], ...offsets };
    }
    this.world.sometimes('inputs processed in a transaction');
    return true;
  }

  /** Of partitions that it has, where the answer came further than it stood. */
  #advanced(positions: Offsets): { topic: string; partition: number; offset: number }[] {
    return Object.entries(positions).flatMap(([topic, offsets]) =>
      Object.entries(offsets)
        .map(([partition, offset]) => ({ topic, partition: Number(partition), offset }))
        .filter(({ partition, offset }) => this.#positions[topic]?.[partition] !== offset && offset > 0),
    );
  }

  #forgetLost(assignment: Record<string, readonly number[]>): void {
    for (const [topic, offsets] of Object.entries(this.#positions)) {
      for (const partition of Object.keys(offsets).map(Number)) {
        if (assignment[topic]?.includes(partition) !== true) delete offsets[partition];
      }
    }
  }
}
