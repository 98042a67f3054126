import { expect, test } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import { committedBatches } from '../../src/log/transactions/aborted-ranges.ts';
import type { TransactionMarker } from '../../src/log/transactions/transaction-marker.ts';
import type { TransactionProducer } from '../../src/transactions/transaction-rpc.ts';
import type { TransactionPorts } from '../../src/transactions/transaction-service.ts';
import { Crash, type CrashPoint, crashPoints } from '../support/crash-points.ts';
import {
  PartitionHarness,
  recordsOf,
  testRef,
  transactionalBatch,
  unwrap,
  valuesOf,
} from '../support/partition-harness.ts';
import { MemoryCoordinator, partitionOf, testTransaction as ref } from './memory-coordinator.ts';

/** Counts the calls that an instance of the coordinator makes, and ends it before or after one of them. */
class MortalPorts {
  calls = 0;
  #isDead = false;
  readonly #point: CrashPoint | null;

  constructor(point: CrashPoint | null) {
    this.#point = point;
  }

  wrap(ports: TransactionPorts): TransactionPorts {
    const { sql, alarm } = ports;
    return {
      ...ports,
      sql: {
        query: (statement, ...bindings) => sql.query(statement, ...bindings),
        run: (statement, ...bindings) => sql.run(statement, ...bindings),
        sizeBytes: () => sql.sizeBytes(),
        billedRows: () => sql.billedRows(),
        deleteAll: () => sql.deleteAll(),
        transaction: (body) => {
          this.#mayDie('before');
          const done = sql.transaction(body);
          this.#mayDie('after');
          return done;
        },
      },
      alarm: { armBy: (atMs) => this.#around(() => alarm.armBy(atMs)) },
      receivers: (own) => {
        const receivers = ports.receivers(own);
        return {
          tellPartition: (partition, marker) => this.#around(() => receivers.tellPartition(partition, marker)),
          tellGroup: (groupId, marker) => this.#around(() => receivers.tellGroup(groupId, marker)),
        };
      },
      reportError: () => {},
    };
  }

  async #around<T>(effect: () => Promise<T>): Promise<T> {
    this.#mayDie('before');
    const done = await effect();
    this.#mayDie('after');
    return done;
  }

  #mayDie(side: CrashPoint['side']): void {
    if (this.#isDead) throw new Crash();
    if (side === 'before') this.calls += 1;
    if (this.#point === null || this.#point.at !== this.calls || this.#point.side !== side) return;
    this.#isDead = true;
    throw new Crash();
  }
}

type Told = { committed: boolean } | 'nothing';

/** A transaction over two partitions, ended one way, with the coordinator dying at one point; then everything heals. */
class CrashedTransaction {
  readonly coordinator = new MemoryCoordinator();
  readonly partitions = [new PartitionHarness(), new PartitionHarness()];
  readonly #first: MortalPorts;
  /** What the producer was told in the end. */
  told: Told = 'nothing';

  constructor(point: CrashPoint | null) {
    this.#first = new MortalPorts(point);
    this.coordinator.answer = (to, marker) => this.#tell(to, marker);
    this.coordinator.wrapPorts = (ports) => this.#first.wrap(ports);
    this.coordinator.restart();
    // Whoever comes after the one that died lives on.
    this.coordinator.wrapPorts = (ports) => ports;
  }

  get calls(): number {
    return this.#first.calls;
  }

  /** `isPatient` repeats a call that broke, as an edge does; otherwise its producer is never heard of again. */
  async run(committed: boolean, isPatient: boolean): Promise<void> {
    for (const partition of this.partitions) await partition.open();
    try {
      const init = () => this.coordinator.service.initProducer({ ref, timeoutMs: 60_000, current: null });
      const producer = await this.#call(isPatient, init);
      const partitions = [0, 1].map(partitionOf);
      const request = { ref, producer, partitions, groupIds: [] };
      const { transactionNumber } = await this.#call(isPatient, () =>
        this.coordinator.service.addParticipants(request),
      );
      for (const [index, partition] of this.partitions.entries()) {
        const batches = transactionalBatch({ ...producer, baseSequence: 0 }, `value ${index}`);
        unwrap(await partition.append({ batches, transaction: { ...producer, transactionNumber } }));
      }
      await this.#end(isPatient, producer, committed);
    } catch (thrown) {
      if (!(thrown instanceof Crash)) throw thrown;
    }
  }

  async #end(isPatient: boolean, producer: TransactionProducer, committed: boolean): Promise<void> {
    await this.#call(isPatient, () =>
      this.coordinator.service.endTransaction({ ref, producer, committed, bumpsEpoch: true }),
    );
    this.told = { committed };
  }

  async heal(): Promise<void> {
    this.coordinator.restart();
    for (let minutes = 0; minutes < 3; minutes += 1) {
      this.coordinator.nowMs += 60_000;
      await this.coordinator.runAlarm();
      await this.coordinator.runAlarm();
    }
  }

  async committedValues(): Promise<(string | null)[][]> {
    return Promise.all(
      this.partitions.map(async (partition) => {
        const reply = unwrap(await partition.askCommitted({ offset: 0 }));
        expect(reply.lastStableOffset, 'I-2d no transaction hangs').toBe(reply.highWatermark);
        return valuesOf(recordsOf(committedBatches(reply.batches, reply.abortedTransactions ?? [])));
      }),
    );
  }

  async #call<T>(isPatient: boolean, call: () => Promise<Result<T>>): Promise<T> {
    try {
      return unwrap(await call());
    } catch (thrown) {
      if (!(thrown instanceof Crash) || !isPatient) throw thrown;
      this.coordinator.restart();
      return unwrap(await call());
    }
  }

  #tell(to: string, marker: TransactionMarker): Promise<Result<null>> {
    const partition = this.partitions[Number(to.split(' ')[1])];
    if (partition === undefined) throw new Error(`nobody is called ${to}`);
    return partition.service.writeTxnMarker(testRef, marker);
  }
}

async function stepsOf(committed: boolean): Promise<number> {
  const whole = new CrashedTransaction(null);
  await whole.run(committed, true);
  return whole.calls;
}

const steps = await stepsOf(true);
const points = crashPoints(steps, 'crash');

test('a transaction takes the steps that are enumerated here', () => expect(steps).toBeGreaterThanOrEqual(8));

test.each(points)('[I-2a] [I-2b] [I-2d] survives a crash $side step $at', async (point) => {
  for (const committed of [true, false]) {
    for (const isPatient of [true, false]) {
      const transaction = new CrashedTransaction(point);
      await transaction.run(committed, isPatient);
      await transaction.heal();
      const [one, other] = await transaction.committedValues();
      const isSeen = one?.length === 1;
      expect(other?.length === 1, 'all or nothing').toBe(isSeen);
      if (transaction.told !== 'nothing') expect(isSeen, 'as the producer was told').toBe(committed);
      if (!committed) expect(isSeen).toBe(false);
      // A producer that died before it was initialized left nothing behind.
      const described = await transaction.coordinator.service.describeTransaction(ref);
      if (described.ok) expect(described.value.phase).not.toMatch(/Prepare|Ongoing/);
      else expect(described.error.code).toBe('TRANSACTIONAL_ID_NOT_FOUND');
    }
  }
});
