import { subscriptionOf } from '../../../src/groups/member-wish.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { CommittedReader } from './committed-reader.ts';
import type { MemberPlan } from './group-member.ts';
import { SimulatedClient } from './simulated-client.ts';
import { StreamProcessor } from './stream-processor.ts';
import type { SessionPlan, SessionStyle } from './transaction-session.ts';
import { TransactionalProducer } from './transactional-producer.ts';

/** Programs at a time. */
const programsMax = 7;

const styles: readonly SessionStyle[] = ['http', 'TV1', 'TV2'];

/** Whoever starts, kills and doubles the programs that write in transactions, and aborts what hangs. */
export class TransactionCrew extends SimulatedClient {
  readonly #groupId = 'stream';
  readonly #programs: (TransactionalProducer | StreamProcessor)[] = [];
  readonly #readers: CommittedReader[] = [];
  readonly #hasProcessors = this.random.chance(0.75);
  readonly #sessionTimeoutMs = this.random.pick([12_000, 18_000]);
  readonly #plans: SessionPlan[] = [];
  #final: ReadonlyMap<string, ReadonlyMap<number, number>> | null = null;
  #count = 0;

  async run(): Promise<void> {
    for (const topic of this.topics.stableNames) await this.#create(topic);
    for (let count = this.random.integer(1, 3); count > 0; count -= 1) this.#startProducer(this.#newPlan('writer'));
    const processors = this.#hasProcessors ? this.random.integer(1, 3) : 0;
    for (let count = processors; count > 0; count -= 1) this.#startProcessor(this.#newPlan('stream'));
    for (let count = this.random.integer(1, 2); count > 0; count -= 1) this.#startReader();
    while (!this.isStopping) {
      await this.sleep(this.random.logarithmic(200, 5_000));
      if (!this.isStopping) await this.#change();
    }
  }

  /** The crew itself is the simulation's: one of its programs dies. */
  override die(): void {
    if (this.#active.length > 0) this.random.pick(this.#active).die();
  }

  override abandonOpenSends(): void {
    for (const program of this.#programs) program.abandonOpenSends();
  }

  /** From here on nothing new is written, and of each transactional id one program is left. */
  async settle(): Promise<void> {
    for (const reader of this.#readers) reader.isStopping = true;
    const taken = new Set<string>();
    for (const program of this.#active) {
      program.isStopping = true;
      const names = [
        program.session.plan.transactionalId,
        program instanceof StreamProcessor ? program.plan.memberId : '',
      ];
      if (names.some((name) => name !== '' && taken.has(name))) program.quit();
      for (const name of names) taken.add(name);
    }
    if (this.#hasProcessors && !this.#active.some((program) => program instanceof StreamProcessor)) {
      this.#startProcessor(this.#newPlan('stream'));
    }
    for (const program of this.#programs) program.isStopping = true;
  }

  /** I-2d, after everything was left in peace: nothing is undecided, and all that was committed was read on. */
  checkRest(): void {
    this.platform.transactionJudge.checkRest();
    if (!this.#hasProcessors) return;
    const judged = this.platform.groupJudge.of(this.#groupId);
    const source = judged.liveTopics().find(({ topic }) => topic === this.topics.stableNames[0]);
    for (let partition = 0; partition < (source?.partitionCount ?? 0); partition += 1) {
      const key = `${source?.topicId}/${partition}`;
      const end = judged.endOf(key)?.end ?? 0;
      const committed = judged.durable?.offsets.get(key) ?? 0;
      if (committed !== end)
        this.world.violate(`liveness: the stream has come to ${committed} of ${key}, which ends at ${end}`);
    }
  }

  disband(): void {
    for (const program of this.#active) program.quit();
  }

  /** Reads what is committed in the end; then {@link TransactionCrew.checkEnd}. */
  async readEnd(): Promise<void> {
    const reader = new CommittedReader(this.platform, this.topics, `${this.name}-end`);
    this.#final = await reader.readEverything();
  }

  checkEnd(): void {
    const { ledger } = this.platform.transactionJudge;
    if (this.#final === null) {
      this.world.violate('the committed end was never read');
      return;
    }
    ledger.checkEnd(this.#final);
    if (!this.#hasProcessors) return;
    const ids = this.platform.groupJudge.of(this.#groupId).liveTopics();
    const [source, sink] = this.topics.stableNames.map(
      (name) => ids.find(({ topic }) => topic === name)?.topicId ?? '',
    );
    ledger.checkOutputs(this.#final, source!, sink!);
  }

  get #active(): (TransactionalProducer | StreamProcessor)[] {
    return this.#programs.filter(({ isActive }) => isActive);
  }

  async #change(): Promise<void> {
    const active = this.#active;
    const kind = this.random.integer(0, 9);
    const program = active.length > 0 ? this.random.pick(active) : null;
    if (program === null) this.#startProducer(this.random.pick(this.#plans.filter(isWriter)));
    else if (kind <= 3) await this.#replace(program);
    else if (kind <= 5 && active.length < programsMax) this.#startDouble(program);
    else if (kind === 6 && active.length < programsMax)
      this.#startProducer(this.random.pick(this.#plans.filter(isWriter)));
    else if (kind === 7) await this.#operate(program.session.plan.transactionalId);
  }

  /** A program dies without a word, and mostly another one goes on as it. */
  async #replace(program: TransactionalProducer | StreamProcessor): Promise<void> {
    program.die();
    if (this.random.chance(0.3)) return;
    await this.sleep(this.random.logarithmic(5, 3_000));
    if (!this.isStopping) this.#startDouble(program);
  }

  /** Another instance with the same transactional id, while the first one may still be at work. */
  #startDouble(program: TransactionalProducer | StreamProcessor): void {
    this.world.sometimes('two programs with one transactional id');
    if (program instanceof TransactionalProducer) this.#startProducer(program.session.plan);
    else this.#startProcessor(program.session.plan, this.random.chance(0.3) ? program.plan.memberId : undefined);
  }

  /** Somebody looks at a transaction, or aborts it. */
  async #operate(transactionalId: string): Promise<void> {
    const aborts = this.random.chance(0.5);
    const request = this.edge().request(`${this.name} looks at ${transactionalId}`, async ({ transactions }) =>
      aborts ? transactions.abort(transactionalId) : transactions.describe(transactionalId),
    );
    const answer = await this.alive(request.catch(() => null));
    if (answer?.ok && aborts) this.world.sometimes('transaction aborted by an operator');
  }

  #startProducer(plan: SessionPlan): void {
    const program = new TransactionalProducer(this.platform, this.topics, this.#newName(plan), plan);
    this.#programs.push(program);
    this.#run(program);
  }

  #startProcessor(transactions: SessionPlan, memberId = `member-${++this.#count}`): void {
    const plan: MemberPlan = {
      groupId: this.#groupId,
      memberId,
      instanceId: null,
      wish: {
        subscription: subscriptionOf([this.topics.stableNames[0]!], null),
        assignor: null,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        rebalanceTimeoutMs: 20_000,
      },
      reset: 'earliest',
      workMs: this.random.logarithmic(20, 2_000),
    };
    const program = new StreamProcessor(this.platform, this.topics, this.#newName(transactions), plan, transactions);
    this.#programs.push(program);
    this.#run(program);
  }

  #startReader(): void {
    const reader = new CommittedReader(this.platform, this.topics, `${this.name}-reader-${this.#readers.length}`);
    this.#readers.push(reader);
    this.#run(reader);
  }

  #run(program: SimulatedClient): void {
    void program.run().catch((thrown: unknown) => {
      this.world.violate(`${program.name} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    });
  }

  #newPlan(kind: string): SessionPlan {
    const plan = {
      transactionalId: `${kind}-${this.#plans.length}`,
      style: this.random.pick(styles),
      timeoutMs: this.random.pick([1_500, 4_000, 10_000]),
    };
    this.#plans.push(plan);
    return plan;
  }

  #newName({ transactionalId }: SessionPlan): string {
    this.#count += 1;
    return `${transactionalId}-program-${this.#count}`;
  }

  async #create(topic: string): Promise<void> {
    const config = {
      'segment.ms': String(Math.floor(this.random.logarithmic(50, 60_000))),
      'millrace.tiering': this.random.chance(0.7) ? 'true' : 'false',
    };
    for (;;) {
      const partitionCount = this.topics.stablePartitions;
      const request = this.edge().request(`${this.name} creates ${topic}`, ({ catalog }) =>
        catalog.createTopic(localCluster, { topic, partitionCount, config }),
      );
      const created = await this.alive(request.catch(() => null));
      if (created?.ok || created?.error.code === 'TOPIC_ALREADY_EXISTS') return;
      await this.sleep(this.random.between(20, 300));
    }
  }
}

const isWriter = ({ transactionalId }: SessionPlan): boolean => transactionalId.startsWith('writer');
