import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { storeLeaderEpochStart } from './leader-epochs.ts';
import { type PartitionIdentity, storeLeaderEpoch } from './partition-identity.ts';
import type { PartitionLog } from './partition-log.ts';
import type { PartitionRef } from './partition-ref.ts';
import type { PartitionRecovery } from './partition-rpc.ts';
import { compareWithWitness, type Witness } from './witness.ts';

export type StandingPorts = {
  readonly sql: SqlStore;
  /** What the cluster was told of this log last; null when nothing yet. */
  readonly witness: (ref: PartitionRef) => Promise<Result<Witness | null>>;
};

/** The partition whose log is in question; its identity changes. */
export type StandingPartition = {
  readonly log: PartitionLog;
  readonly identity: () => PartitionIdentity;
  /** Takes over what a recovery stored. */
  readonly onRecovered: (leaderEpoch: number) => void;
};

/**
 * Whether the log may be served. After each start that is open until the cluster was asked; without its answer nothing
 * is acknowledged, since an append to a log that lost its end would be given offsets that other records had.
 */
export class LogStanding {
  readonly #ports: StandingPorts;
  readonly #partition: StandingPartition;
  #isSound = false;
  #loss: Failed | null = null;
  #asking: Promise<Result<null>> | null = null;

  constructor(ports: StandingPorts, partition: StandingPartition) {
    this.#ports = ports;
    this.#partition = partition;
  }

  /** True from the moment the log was found whole: the one thing that a request looks at. */
  get isSound(): boolean {
    return this.#isSound;
  }

  /** What is known to be wrong with the log, until somebody accepts it; null as long as nothing is. */
  get loss(): Failed | null {
    return this.#loss;
  }

  /** What a later start is to be held against. */
  get witness(): Witness {
    const { log, identity } = this.#partition;
    const highWatermark = log.nextOffset;
    const end = log.batchBefore(highWatermark);
    const lastBatchCrc = typeof end === 'object' ? end.crc : null;
    return { leaderEpoch: identity().leaderEpoch, highWatermark, lastBatchCrc };
  }

  /** Asks the cluster, once for all that wait. LOG_UNVERIFIED, to be repeated, when it does not answer. */
  verify(): Promise<Result<null>> {
    if (this.#isSound) return Promise.resolve(ok(null));
    if (this.#loss !== null) return Promise.resolve(this.#loss);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /**
   * Accepts the log as it is, if it is not what was acknowledged. Its epoch grows first, so that after a crash the
   * witness of what was lost no longer counts.
   */
  async recover(): Promise<Result<PartitionRecovery>> {
    const witness = await this.#askCluster();
    if (!witness.ok) return witness;
    const isWhole = this.#compare(witness.value).ok;
    if (!isWhole) {
      const own = this.#partition.identity().leaderEpoch;
      const leaderEpoch = Math.max(own, witness.value?.leaderEpoch ?? 0) + 1;
      const { sql } = this.#ports;
      sql.transaction(() => {
        storeLeaderEpoch(sql, leaderEpoch);
        storeLeaderEpochStart(sql, { leaderEpoch, startOffset: this.#partition.log.nextOffset });
      });
      this.#partition.onRecovered(leaderEpoch);
    }
    this.#isSound = true;
    this.#loss = null;
    const { leaderEpoch, logStartOffset } = this.#partition.identity();
    return ok({
      recovered: !isWhole,
      leaderEpoch,
      logStartOffset,
      highWatermark: this.#partition.log.nextOffset,
      witnessedHighWatermark: witness.value?.highWatermark ?? null,
    });
  }

  async #ask(): Promise<Result<null>> {
    const witness = await this.#askCluster();
    if (!witness.ok) return witness;
    const compared = this.#compare(witness.value);
    if (compared.ok) this.#isSound = true;
    else this.#loss = this.#confirmed(compared);
    return compared;
  }

  /**
   * Something is written, though nothing changes: an instance that was replaced while it asked misses what the present
   * one appended, and its answer, which waits for the write, must not leave.
   */
  #confirmed(loss: Failed): Failed {
    const { sql } = this.#ports;
    sql.transaction(() => storeLeaderEpoch(sql, this.#partition.identity().leaderEpoch));
    return loss;
  }

  #compare(witness: Witness | null): Result<null> {
    const { log, identity } = this.#partition;
    const { leaderEpoch, logStartOffset } = identity();
    const batchBefore = (offset: number) => log.batchBefore(offset);
    return compareWithWitness(witness, { leaderEpoch, logStartOffset, highWatermark: log.nextOffset, batchBefore });
  }

  async #askCluster(): Promise<Result<Witness | null>> {
    try {
      const witness = await this.#ports.witness(this.#partition.identity().ref);
      // While the cluster was asked the topic may have been deleted, and what there was to compare with it.
      const { topic, closedAtMs } = this.#partition.identity();
      if (closedAtMs !== null) return failed('UNKNOWN_TOPIC_ID', `topic ${topic} was deleted`);
      return witness.ok || witness.error.code === 'UNKNOWN_TOPIC_ID' ? witness : unverified(witness.error.message);
    } catch (cause) {
      return unverified(cause instanceof Error ? cause.message : String(cause));
    }
  }
}

const unverified = (why: string): Failed =>
  failed(
    'LOG_UNVERIFIED',
    `The partition has just started and the cluster could not be asked whether its log is whole (${why}); nothing was stored. Retry.`,
  );
