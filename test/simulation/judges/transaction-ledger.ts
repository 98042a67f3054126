import type { TransactionProducer } from '../../../src/transactions/transaction-rpc.ts';
import type { SimulatedWorld } from '../simulated-world.ts';

/** One transaction as its program knows it. */
export type Attempt = {
  readonly program: string;
  readonly transactionalId: string;
  /** Values it wrote, and was told that they are stored. */
  readonly written: Set<number>;
  /** Values that may have been stored: nobody ever commits with such a one. */
  readonly doubtful: Set<number>;
  /** By value, the input it comes from. */
  readonly inputs: Map<number, number>;
  /** Null until it was first asked to be committed; what never was may never be seen. */
  commitInvokedAtMs: number | null;
  outcome: 'open' | 'committed' | 'aborted' | 'unknown';
};

/** What a reader of committed records was shown of a partition. */
type CommittedPoll = {
  readonly reader: string;
  readonly key: string;
  readonly from: number;
  readonly next: number;
  readonly values: ReadonlySet<number>;
};

type Held = { readonly program: string; readonly producer: TransactionProducer; readonly toldAtMs: number };

/** What programs did in transactions and were told, and what readers of committed records were shown. */
export class TransactionLedger {
  readonly #world: SimulatedWorld;
  readonly #attempts: Attempt[] = [];
  readonly #byValue = new Map<number, Attempt>();
  /** Values in topics that keep everything. */
  readonly #kept = new Set<number>();
  readonly #polls: CommittedPoll[] = [];
  readonly #stableOffsets = new Map<string, number>();
  /** By transactional id, the newest producer that each program was given. */
  readonly #held = new Map<string, Held[]>();

  constructor(world: SimulatedWorld) {
    this.#world = world;
  }

  begin(program: string, transactionalId: string): Attempt {
    const attempt: Attempt = {
      program,
      transactionalId,
      written: new Set(),
      doubtful: new Set(),
      inputs: new Map(),
      commitInvokedAtMs: null,
      outcome: 'open',
    };
    this.#attempts.push(attempt);
    return attempt;
  }

  /** A value is about to be sent; `isKept` tells that its topic keeps everything. */
  sending(attempt: Attempt, value: number, isKept: boolean): void {
    this.#byValue.set(value, attempt);
    attempt.doubtful.add(value);
    if (isKept) this.#kept.add(value);
  }

  wasWritten(attempt: Attempt, value: number): void {
    attempt.doubtful.delete(value);
    attempt.written.add(value);
  }

  /** A program was given an epoch of its own. */
  initialized(program: string, transactionalId: string, producer: TransactionProducer): void {
    const held = this.#held.get(transactionalId) ?? [];
    held.push({ program, producer, toldAtMs: this.#world.nowMs });
    this.#held.set(transactionalId, held);
  }

  /** I-2c as programs see it: nothing that a program begins succeeds any more once another one was given its epoch. */
  succeeded(
    what: string,
    { program, transactionalId }: Attempt,
    { producerId, producerEpoch }: TransactionProducer,
    invokedAtMs: number,
  ): void {
    const newer = this.#held.get(transactionalId)?.find((held) => {
      if (held.program === program || held.toldAtMs >= invokedAtMs || held.producer.producerId !== producerId)
        return false;
      return held.producer.producerEpoch >= producerEpoch;
    });
    if (newer === undefined) return;
    const epochs = `epoch ${producerEpoch}, after ${newer.program} was given ${newer.producer.producerEpoch}`;
    this.#world.violate(`fencing: ${program} ${what} as ${transactionalId} with ${epochs}`);
  }

  /** What a reader of committed records was shown. */
  polled(poll: CommittedPoll, lastStableOffset: number | null): void {
    this.#polls.push(poll);
    const { key, reader, next } = poll;
    for (const value of poll.values) this.#checkShown(value, `${reader} of ${key}`);
    // Of an instance that was replaced, or a plan of a moment ago, nothing is known.
    if (lastStableOffset === null) return;
    if (next > lastStableOffset)
      this.#world.violate(`I-2f: ${reader} read ${key} to ${next}, stable to ${lastStableOffset}`);
    const place = `${reader} ${key}`;
    const known = this.#stableOffsets.get(place) ?? 0;
    if (lastStableOffset < known) {
      this.#world.violate(`the last stable offset of ${key} went back from ${known} to ${lastStableOffset}`);
    }
    this.#stableOffsets.set(place, lastStableOffset);
  }

  /** A value that a group's member was handed as committed. */
  shown(value: number, to: string): void {
    this.#checkShown(value, to);
  }

  #checkShown(value: number, where: string): void {
    const attempt = this.#byValue.get(value);
    if (attempt === undefined) return;
    const { program, outcome } = attempt;
    if (outcome === 'aborted')
      this.#world.violate(`I-2e: ${where} was shown ${value} of an aborted transaction of ${program}`);
    else if (attempt.commitInvokedAtMs === null) {
      this.#world.violate(`I-2f: ${where} was shown ${value} of a transaction of ${program} that nobody had committed`);
    }
  }

  /**
   * When all is over: `final` has the committed values of partitions that keep everything, by partition and offset.
   * Every transaction is there as a whole or not at all, and every reader was shown a prefix of just that.
   */
  checkEnd(final: ReadonlyMap<string, ReadonlyMap<number, number>>): void {
    const counts = new Map<number, number>();
    for (const values of final.values()) {
      for (const value of values.values()) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    for (const [value, count] of counts)
      if (count > 1) this.#world.violate(`I-1a: committed value ${value} stands ${count} times`);
    for (const attempt of this.#attempts) this.#checkWhole(attempt, counts);
    for (const poll of this.#polls) this.#checkPrefix(poll, final.get(poll.key));
  }

  #checkWhole(attempt: Attempt, counts: ReadonlyMap<number, number>): void {
    const { program, outcome, commitInvokedAtMs, written, doubtful } = attempt;
    const kept = [...written].filter((value) => this.#kept.has(value));
    const seen = [...kept, ...doubtful].filter((value) => counts.has(value));
    const name = `a transaction of ${program} (${outcome})`;
    const mayBeSeen = commitInvokedAtMs !== null && outcome !== 'aborted';
    if (!mayBeSeen && seen.length > 0) this.#world.violate(`I-2e: ${name} shows ${seen} and was never committed`);
    else if (outcome === 'committed' && seen.length < kept.length) {
      this.#world.violate(`I-2a: ${name} has ${kept.length} records, and shows ${seen.length} of them`);
    } else if (seen.length > 0 && seen.length < kept.length) {
      this.#world.violate(`I-2a: ${name} is torn: ${seen.length} of ${kept.length} records are there`);
    }
    if (outcome === 'committed') this.#world.sometimes('transaction committed');
    else if (outcome === 'unknown') {
      this.#world.sometimes(
        seen.length > 0 ? 'transaction of unknown outcome committed' : 'transaction of unknown outcome aborted',
      );
    } else this.#world.sometimes('transaction aborted');
  }

  #checkPrefix(
    { reader, key, from, next, values }: CommittedPoll,
    final: ReadonlyMap<number, number> | undefined,
  ): void {
    if (final === undefined) return;
    const there = [...final].filter(([offset]) => offset >= from && offset < next).map(([, value]) => value);
    const missed = there.filter((value) => !values.has(value));
    if (missed.length > 0)
      this.#world.violate(`I-2a: ${reader} read ${key} from ${from} to ${next} and missed ${missed}`);
    const extra = [...values].filter((value) => !there.includes(value));
    if (extra.length > 0)
      this.#world.violate(`I-2e: ${reader} read ${key} from ${from} to ${next} and was shown ${extra}`);
  }

  /** Each committed input, of a topic that is read on, has one committed output. */
  checkOutputs(final: ReadonlyMap<string, ReadonlyMap<number, number>>, source: string, sink: string): void {
    const outputs = new Map<number, number>();
    const valuesOf = (topicId: string) =>
      [...final].filter(([key]) => key.startsWith(`${topicId}/`)).flatMap(([, values]) => [...values.values()]);
    for (const value of valuesOf(sink)) {
      const input = this.#byValue.get(value)?.inputs.get(value);
      if (input !== undefined) outputs.set(input, (outputs.get(input) ?? 0) + 1);
    }
    const inputs = new Set(valuesOf(source));
    for (const input of inputs) {
      const count = outputs.get(input) ?? 0;
      if (count !== 1) this.#world.violate(`exactly once: input ${input} has ${count} outputs`);
    }
    for (const input of outputs.keys()) {
      if (!inputs.has(input))
        this.#world.violate(`exactly once: there is an output of ${input}, which was never committed`);
    }
    if (inputs.size > 0) this.#world.sometimes('inputs with their outputs');
  }
}
