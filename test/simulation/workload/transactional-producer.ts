import type { Platform } from '../simulated-platform.ts';
import { SimulatedClient } from './simulated-client.ts';
import type { TopicDirectory } from './topic-directory.ts';
import { type SessionPlan, TransactionSession } from './transaction-session.ts';

/** A program that writes values in transactions, over partitions of several topics. */
export class TransactionalProducer extends SimulatedClient {
  readonly session: TransactionSession;
  hasEnded = false;

  constructor(platform: Platform, topics: TopicDirectory, name: string, plan: SessionPlan) {
    super(platform, topics, name);
    this.session = new TransactionSession(this, plan);
  }

  get isActive(): boolean {
    return this.isRunning && !this.hasEnded;
  }

  /** Ends without another word. */
  quit(): void {
    this.hasEnded = true;
  }

  async run(): Promise<void> {
    while (!this.hasEnded && !this.isStopping) {
      if (this.session.producer === null && !(await this.session.initialize())) {
        await this.sleep(this.random.logarithmic(20, 2_000));
        continue;
      }
      if (this.hasEnded || this.isStopping) break;
      await this.#transact();
      await this.sleep(this.random.logarithmic(5, 1_500));
    }
    this.hasEnded = true;
  }

  async #transact(): Promise<void> {
    const attempt = this.session.begin();
    let isFine = true;
    for (let writes = this.random.integer(1, 4); writes > 0 && isFine; writes -= 1) {
      isFine = await this.session.write(attempt, this.#topic(), this.#partitions(), []);
      await this.#dawdle();
    }
    const isCommitted = isFine && this.random.chance(0.8);
    const isOver = await this.session.end(attempt, isCommitted);
    // After a write that nobody knows the outcome of, a client of before KIP-890 begins a new epoch by itself.
    if (!isOver || (!isFine && this.session.plan.style === 'TV1')) await this.#startOver();
  }

  /** What it holds may be over for good: then another program goes by its id. */
  async #startOver(): Promise<void> {
    if (this.random.chance(0.3) && !this.isStopping) this.quit();
    else if (!(await this.session.initialize())) this.session.producer = null;
  }

  /** Mostly where everything is kept, so that what became of it can be seen in the end. */
  #topic(): string {
    const { stableNames, names } = this.topics;
    return this.random.chance(0.8) ? stableNames[0]! : this.random.pick(names);
  }

  #partitions(): number[] {
    return Array.from({ length: this.random.integer(1, 5) }, () =>
      this.random.integer(0, this.topics.stablePartitions - 1),
    );
  }

  /** Now and then it takes longer than its transaction may. */
  async #dawdle(): Promise<void> {
    const { timeoutMs } = this.session.plan;
    if (this.random.chance(0.03)) await this.sleep(this.random.between(0.8, 1.4) * timeoutMs);
    else if (this.random.chance(0.5)) await this.sleep(this.random.logarithmic(1, 300));
  }
}
