import type { Result } from '../../src/errors/result.ts';
import type { ConsumeRequest } from '../../src/gateway/group-consumer.ts';
import type { TransactionName } from '../../src/gateway/transactions/transaction-gateway.ts';
import type { ProduceRecord } from '../../src/json/produce-record.ts';
import { SeededRandom } from '../simulation/seeded-random.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { recordsOf, unwrap, valuesOf } from '../support/partition-harness.ts';

const encoder = new TextEncoder();

/** What a process is ended by, between two of its steps; whatever it called goes on without it. */
class Killed extends Error {}

/** What made a process give up its transaction and start over. */
class Refused extends Error {}

export type ChainOptions = {
  readonly seed: number;
  readonly recordCount: number;
  /** How likely a process is killed at each of its steps. */
  readonly killRate: number;
  /** Records of one transaction. */
  readonly batchSize: number;
};

export type ChainOutcome = {
  /** The values at the end of the chain, in any order. */
  readonly sunk: readonly string[];
  readonly kills: number;
  readonly refusals: number;
  readonly restarts: number;
  readonly transactions: number;
  /** Calls of killed processes that were carried out long after. */
  readonly lateCalls: number;
};

/** A chain that takes more rounds than this for each transaction does not come to rest. */
const roundsPerTransactionMax = 60;

const topics = ['source', 'middle', 'sink'] as const;
const partitionCount = 3;

/**
 * Numbers go through three topics: producers write them into the first, and for each further one two processors read
 * from the one before, write on, and commit what they read, all in transactions. Processes are killed at random steps,
 * some of their calls arrive long after, and objects lose their memory.
 */
export class ExactlyOnceChain {
  readonly #platform = new MemoryPlatform();
  readonly #options: ChainOptions;
  readonly #random: SeededRandom;
  #kills = 0;
  #refusals = 0;
  #restarts = 0;
  #transactions = 0;
  #lateCalls = 0;
  readonly #late: (() => Promise<unknown>)[] = [];

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  async run(): Promise<ChainOutcome> {
    const { catalog, cluster } = this.#platform.services;
    for (const topic of topics) unwrap(await catalog.createTopic(cluster, { topic, partitionCount }));
    const half = Math.ceil(this.#options.recordCount / 2);
    const processes = [
      new ChainProducer(this, 'producer-0', 0, half),
      new ChainProducer(this, 'producer-1', half, this.#options.recordCount),
      ...['a', 'b'].map((name) => new ChainProcessor(this, `first-${name}`, 'first', 'source', 'middle')),
      ...['a', 'b'].map((name) => new ChainProcessor(this, `second-${name}`, 'second', 'middle', 'sink')),
    ];
    const roundsMax = roundsPerTransactionMax * (1 + (3 * this.#options.recordCount) / this.#options.batchSize);
    let quiet = 0;
    let rounds = 0;
    // Nothing left to do for all of them, many times over and with time going by: then nothing comes any more.
    while (quiet < 40) {
      const worked = await Promise.all(processes.map((process) => this.#turn(process)));
      quiet = worked.includes(true) ? 0 : quiet + 1;
      rounds += 1;
      if (rounds > roundsMax) break;
      if (this.#random.chance(0.1)) await this.#carryOutLate();
      await this.#letTimePass(quiet > 0 || this.#random.chance(0.4) ? 10_000 : 50);
    }
    const sunk = (await this.readCommitted('sink')).values.sort();
    return { sunk, ...this.#counts() };
  }

  get services() {
    return this.#platform.services;
  }

  get batchSize(): number {
    return this.#options.batchSize;
  }

  /** One step of a process: it may be killed before it, or after it and before it hears the answer. */
  async step<T>(call: () => Promise<Result<T>>): Promise<T> {
    if (this.#isKilled()) {
      if (this.#random.chance(0.5)) this.#late.push(call);
      throw new Killed();
    }
    const answer = await call();
    if (this.#isKilled()) throw new Killed();
    if (!answer.ok) throw new Refused(`${answer.error.code}: ${answer.error.message}`);
    return answer.value;
  }

  countTransaction(): void {
    this.#transactions += 1;
  }

  pick(bound: number): number {
    return this.#random.integer(0, bound - 1);
  }

  /** Every committed value of a topic, and whether nothing is left undecided that might hide some. */
  async readCommitted(topic: string): Promise<{ readonly values: string[]; readonly isWhole: boolean }> {
    const values: string[] = [];
    let isWhole = true;
    for (let partition = 0; partition < partitionCount; partition += 1) {
      for (let offset = 0; ; ) {
        const isolation = 'read_committed' as const;
        const options = { topic, partition, from: { offset }, maxBytes: 1_000_000, waitMs: 0, minBytes: 1, isolation };
        const read = unwrap(await this.services.reader.read(options));
        const batches = new Uint8Array(await read.response.arrayBuffer());
        const records = recordsOf(batches).filter((record) => record.offset >= offset);
        values.push(...valuesOf(records).map(String));
        isWhole &&= read.lastStableOffset === read.highWatermark;
        if (read.nextOffset === offset) break;
        offset = read.nextOffset;
      }
    }
    return { values, isWhole };
  }

  async #turn(process: ChainProducer | ChainProcessor): Promise<boolean> {
    if (process.restsForRounds > 0) {
      process.restsForRounds -= 1;
      return false;
    }
    try {
      return await process.work();
    } catch (thrown) {
      if (thrown instanceof Killed) this.#kills += 1;
      else if (thrown instanceof Refused) this.#refusals += 1;
      else throw thrown;
      process.startOver();
      // Some are away for longer than a session: others take over what they had.
      process.restsForRounds = this.#random.chance(0.5) ? this.#random.integer(1, restRoundsMax) : 0;
      return true;
    }
  }

  /** Nobody is killed any more after so many kills, so that the chain comes to rest. */
  #isKilled(): boolean {
    const { recordCount, batchSize, killRate } = this.#options;
    return this.#kills < recordCount / batchSize && this.#random.chance(killRate);
  }

  /** What a process had sent before it was killed arrives now; nobody hears the answer. */
  async #carryOutLate(): Promise<void> {
    const call = this.#late.shift();
    if (call === undefined) return;
    this.#lateCalls += 1;
    await call();
  }

  async #letTimePass(ms: number): Promise<void> {
    this.#platform.nowMs += ms;
    const { cluster } = this.services;
    if (this.#random.chance(0.02)) {
      this.#restarts += 1;
      const transactionalId = this.#random.pick([
        'producer-0',
        'producer-1',
        'first-a',
        'first-b',
        'second-a',
        'second-b',
      ]);
      this.#platform.transactionObjects.restart({ ...cluster, transactionalId });
      this.#platform.groupObjects.restart({ ...cluster, groupId: this.#random.pick(['first', 'second']) });
    }
    await this.#platform.transactionObjects.runAlarms();
    await this.#platform.groupObjects.runAlarms();
  }

  #counts() {
    return {
      kills: this.#kills,
      refusals: this.#refusals,
      restarts: this.#restarts,
      transactions: this.#transactions,
      lateCalls: this.#lateCalls,
    };
  }
}

/** Longer than a session: a transaction may be open when somebody else has taken over. */
const timeoutMs = 60_000;

/** In some rounds, and in all while nobody has anything to do, ten seconds go by. */
const restRoundsMax = 8;

/** Writes the numbers of a range, once each: what it is to go on with after a kill, it looks up. */
class ChainProducer {
  restsForRounds = 0;
  readonly #chain: ExactlyOnceChain;
  readonly #transactionalId: string;
  readonly #from: number;
  readonly #to: number;
  #name: TransactionName | null = null;
  /** Null while it is not known what was written before. */
  #next: number | null = null;

  constructor(chain: ExactlyOnceChain, transactionalId: string, from: number, to: number) {
    this.#chain = chain;
    this.#transactionalId = transactionalId;
    this.#from = from;
    this.#to = to;
  }

  startOver(): void {
    this.#name = null;
    this.#next = null;
  }

  async work(): Promise<boolean> {
    const { transactions } = this.#chain.services;
    this.#name ??= await this.#begin();
    this.#next ??= await this.#findNext();
    if (this.#next === null || this.#next >= this.#to) return false;
    const name = this.#name;
    const end = Math.min(this.#next + this.#chain.batchSize, this.#to);
    const records: ProduceRecord[] = [];
    for (let number = this.#next; number < end; number += 1) {
      const value = encoder.encode(String(number));
      records.push({ partition: number % partitionCount, key: null, value, headers: [], timestampMs: null });
    }
    const produced = await this.#chain.step(() => transactions.produce(name, 'source', records, null));
    if (produced.results.some((result) => 'error' in result)) throw new Refused('a partition refused');
    const producer = await this.#chain.step(() => transactions.end(name, true, true));
    this.#chain.countTransaction();
    this.#name = { ...name, ...producer };
    this.#next = end;
    return true;
  }

  async #begin(): Promise<TransactionName> {
    const { transactions } = this.#chain.services;
    const id = this.#transactionalId;
    const producer = await this.#chain.step(() => transactions.initProducer(id, timeoutMs, null));
    return { ...producer, transactionalId: id };
  }

  /** Whatever it began before is decided by now; but a transaction of the other producer may hide it. */
  async #findNext(): Promise<number | null> {
    const { values, isWhole } = await this.#chain.readCommitted('source');
    if (!isWhole) return null;
    const own = values.map(Number).filter((number) => number >= this.#from && number < this.#to);
    return own.length === 0 ? this.#from : Math.max(...own) + 1;
  }
}

/** A member of a group that writes every value on, in the transaction that commits having read it. */
class ChainProcessor {
  restsForRounds = 0;
  readonly #chain: ExactlyOnceChain;
  readonly #transactionalId: string;
  readonly #groupId: string;
  readonly #input: string;
  readonly #output: string;
  #name: TransactionName | null = null;
  #member: { readonly memberId: string; readonly memberEpoch: number } | null = null;
  #positions = new Map<number, number>();
  #lives = 0;

  constructor(chain: ExactlyOnceChain, transactionalId: string, groupId: string, input: string, output: string) {
    this.#chain = chain;
    this.#transactionalId = transactionalId;
    this.#groupId = groupId;
    this.#input = input;
    this.#output = output;
  }

  startOver(): void {
    this.#name = null;
    this.#member = null;
    this.#positions = new Map();
  }

  async work(): Promise<boolean> {
    const { transactions, groups } = this.#chain.services;
    this.#name ??= await this.#begin();
    const name = this.#name;
    this.#lives += this.#member === null ? 1 : 0;
    const consumed = await this.#chain.step(() => groups.consumer.consume(this.#request(), async () => {}));
    const { memberId, memberEpoch, assigned, rejoinedAfter } = consumed.reply;
    if (rejoinedAfter !== null) this.#positions = new Map();
    this.#member = { memberId, memberEpoch };
    const held = new Set(assigned.map(({ partition }) => partition));
    for (const partition of this.#positions.keys()) if (!held.has(partition)) this.#positions.delete(partition);
    const read = consumed.fetched.partitions.filter(({ nextOffset, startOffset }) => nextOffset > startOffset);
    if (read.length === 0) return false;
    const values = read.flatMap(({ batches, startOffset }) =>
      valuesOf(recordsOf(batches).filter(({ offset }) => offset >= startOffset)).map(String),
    );
    const records = values.map((value) => ({
      partition: this.#chain.pick(partitionCount),
      key: null,
      value: encoder.encode(value),
      headers: [],
      timestampMs: null,
    }));
    if (records.length > 0) {
      const produced = await this.#chain.step(() => transactions.produce(name, this.#output, records, null));
      if (produced.results.some((result) => 'error' in result)) throw new Refused('a partition refused');
    }
    const commits = read.map(({ partition, nextOffset }) => {
      return { topic: this.#input, partition, offset: nextOffset, metadata: '', leaderEpoch: -1 };
    });
    const claim = { memberId, memberEpoch, instanceId: null };
    const kept = await this.#chain.step(() => transactions.commitOffsets(name, this.#groupId, { claim, commits }));
    if (kept.refused.length > 0) throw new Refused('partitions are with someone else');
    const producer = await this.#chain.step(() => transactions.end(name, true, true));
    this.#chain.countTransaction();
    this.#name = { ...name, ...producer };
    for (const { partition, offset } of commits) this.#positions.set(partition, offset);
    return values.length > 0;
  }

  async #begin(): Promise<TransactionName> {
    const { transactions } = this.#chain.services;
    const id = this.#transactionalId;
    const producer = await this.#chain.step(() => transactions.initProducer(id, timeoutMs, null));
    return { ...producer, transactionalId: id };
  }

  #request(): ConsumeRequest {
    return {
      groupId: this.#groupId,
      memberId: this.#member?.memberId ?? `${this.#transactionalId}-${this.#lives}`,
      memberEpoch: this.#member?.memberEpoch ?? 0,
      instanceId: null,
      wish: {
        subscription: { topics: [this.#input], pattern: null },
        assignor: null,
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
      },
      clientId: 'chain',
      commits: [],
      positions: new Map([[this.#input, this.#positions]]),
      reset: 'earliest',
      maxBytes: 8_000,
      waitMs: 0,
      isolation: 'read_committed',
    };
  }
}
