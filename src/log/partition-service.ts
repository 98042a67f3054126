import { failed, ok, type Result } from '../errors/result.ts';
import { isInitialized, openSchema } from '../platform/migrations.ts';
import type { Signer } from '../platform/signer.ts';
import type { DeleteBefore } from './delete-records.ts';
import type { FastDoor, FastSocket } from './fast-door.ts';
import { checkLeaderEpoch, endOfLeaderEpoch, type LeaderEpochEnd, loadLeaderEpochs } from './leader-epochs.ts';
import { logTimeline } from './log-timeline.ts';
import { type MaintenanceReport, unexpectedFailure } from './maintenance/maintenance-job.ts';
import { verifyGrant } from './partition-grant.ts';
import { checkIdentity, createIdentity, loadIdentity, type PartitionIdentity } from './partition-identity.ts';
import { type LeaderPorts, PartitionLeader } from './partition-leader.ts';
import type { PartitionRef } from './partition-ref.ts';
import type {
  AppendReply,
  AppendRequest,
  DescribedPartition,
  PartitionDescription,
  PartitionGrant,
  PartitionRecovery,
  PartitionRpc,
  ProducerDescription,
  ReadReply,
  ReadRequest,
} from './partition-rpc.ts';
import { partitionMigrations } from './partition-schema.ts';
import type { AbortedTransaction } from './transactions/open-transaction.ts';
import type { TransactionMarker } from './transactions/transaction-marker.ts';

/** After an alarm that failed: whatever was wrong may have passed by then. */
const alarmRetryMs = 30_000;

/** What a partition needs of the platform. */
export type PartitionPorts = LeaderPorts & { readonly signer: Signer };

/**
 * The verbs of a partition's object. An object without an identity refuses everything but a grant, and writes nothing;
 * with one, it is led by a {@link PartitionLeader}.
 */
export class PartitionService<Socket extends FastSocket> implements PartitionRpc {
  readonly #ports: PartitionPorts;
  #leader: PartitionLeader<Socket> | null = null;
  /** Set when the stored data cannot be served; every verb answers with it. */
  readonly #refusal: Result<never> | null;

  constructor(ports: PartitionPorts) {
    this.#ports = ports;
    const opened = openSchema(ports.sql, partitionMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#lead(loadIdentity(ports.sql));
  }

  async initialize(grant: PartitionGrant): Promise<Result<PartitionDescription>> {
    if (this.#refusal !== null) return this.#refusal;
    const nowMs = this.#ports.clock.nowMs();
    const verified = verifyGrant(grant, this.#ports.signer, nowMs);
    if (!verified.ok) return verified;
    if (this.#leader === null) {
      createIdentity(this.#ports.sql, grant, nowMs);
      this.#lead(loadIdentity(this.#ports.sql));
    } else {
      const own = checkIdentity(this.#leader.identity, grant.ref);
      if (!own.ok) return own;
      if (grant.configVersion > this.#leader.identity.configVersion) {
        await this.#leader.adoptConfig(grant);
      }
    }
    return this.describe(grant.ref, grant.configVersion);
  }

  append(request: AppendRequest): Promise<Result<AppendReply>> {
    const leader = this.#leaderFor(request.ref, request.configVersion);
    if (!leader.ok) return Promise.resolve(leader);
    if (leader.value.standing.isSound) {
      return new Promise((resolve) =>
        leader.value.append(request, 'headers', (outcome, rowsWritten) =>
          resolve(outcome.ok && request.tellsRows === true ? ok({ ...outcome.value, rowsWritten }) : outcome),
        ),
      );
    }
    // All that wait go on in the order in which they came.
    return leader.value.standing.verify().then((sound) => (sound.ok ? this.append(request) : sound));
  }

  async readRecords(request: ReadRequest): Promise<Result<ReadReply>> {
    const leader = await this.#soundLeaderFor(request.ref, request.configVersion);
    if (!leader.ok) return leader;
    const { from, maxBytes, isolation = 'read_uncommitted', currentLeaderEpoch = -1 } = request;
    const isCurrent = checkLeaderEpoch(currentLeaderEpoch, leader.value.identity.leaderEpoch);
    return isCurrent.ok ? leader.value.read(from, maxBytes, isolation) : isCurrent;
  }

  async describe(ref: PartitionRef, configVersion: number, points = 0): Promise<Result<DescribedPartition>> {
    const leader = this.#leaderFor(ref, configVersion);
    if (!leader.ok) return leader;
    const description = leader.value.describe();
    return ok(
      points === 0 ? description : { ...description, timeline: logTimeline(this.#ports.sql, description, points) },
    );
  }

  async writeTxnMarker(ref: PartitionRef, marker: TransactionMarker): Promise<Result<null>> {
    const leader = await this.#soundLeaderFor(ref, 0);
    return leader.ok ? leader.value.writeTxnMarker(marker) : leader;
  }

  async abortedTransactions(
    ref: PartitionRef,
    configVersion: number,
    from: number,
    to: number,
  ): Promise<Result<readonly AbortedTransaction[]>> {
    const leader = await this.#soundLeaderFor(ref, configVersion);
    return leader.ok ? ok(leader.value.transactions.aborted(from, to)) : leader;
  }

  async describeProducers(ref: PartitionRef, configVersion: number): Promise<Result<readonly ProducerDescription[]>> {
    const leader = await this.#soundLeaderFor(ref, configVersion);
    return leader.ok ? ok(leader.value.describeProducers()) : leader;
  }

  async endOfLeaderEpoch(
    ref: PartitionRef,
    configVersion: number,
    asked: number,
  ): Promise<Result<{ leaderEpoch: number; end: LeaderEpochEnd | null }>> {
    const leader = await this.#soundLeaderFor(ref, configVersion);
    if (!leader.ok) return leader;
    const { identity, highWatermark } = leader.value;
    const { leaderEpoch } = identity;
    const starts = loadLeaderEpochs(this.#ports.sql);
    return ok({ leaderEpoch, end: endOfLeaderEpoch(starts, { leaderEpoch, endOffset: highWatermark }, asked) });
  }

  async registerRelay(
    ref: PartitionRef,
    configVersion: number,
    relay: string,
  ): Promise<Result<{ highWatermark: number; logStartOffset: number }>> {
    const leader = await this.#soundLeaderFor(ref, configVersion);
    return leader.ok ? leader.value.registerRelay(relay) : leader;
  }

  async unregisterRelay(ref: PartitionRef, relay: string): Promise<Result<null>> {
    const leader = this.#leaderFor(ref, 0);
    if (!leader.ok) return leader;
    leader.value.deliveries.unregister(relay);
    return ok(null);
  }

  async deleteRecords(
    ref: PartitionRef,
    configVersion: number,
    before: DeleteBefore,
  ): Promise<Result<{ logStartOffset: number }>> {
    const leader = await this.#soundLeaderFor(ref, configVersion);
    return leader.ok ? leader.value.deleteRecords(before) : leader;
  }

  async recover(ref: PartitionRef, configVersion: number): Promise<Result<PartitionRecovery>> {
    const leader = this.#leaderFor(ref, configVersion);
    return leader.ok ? leader.value.recover() : leader;
  }

  async maintain(ref: PartitionRef, configVersion: number): Promise<Result<MaintenanceReport>> {
    const leader = await this.#soundLeaderFor(ref, configVersion);
    return leader.ok ? ok(await leader.value.maintain()) : leader;
  }

  async close(ref: PartitionRef): Promise<Result<{ readonly isPurged: boolean }>> {
    if (this.#refusal !== null) return this.#refusal;
    // What is stored says so, not memory: an instance that was replaced before the partition began has no storage.
    if (this.#leader === null) return ok({ isPurged: !isInitialized(this.#ports.sql) });
    const own = checkIdentity(this.#leader.identity, ref);
    if (!own.ok) return own;
    await this.#leader.close();
    return ok({ isPurged: false });
  }

  /** The object's alarm: whatever is due by now, in bounded steps. Throws only when it cannot even arm the next one. */
  async runDue(): Promise<void> {
    if (this.#leader === null) return;
    this.#leader.usage.countCall();
    try {
      const isPurged = await this.#leader.runDue();
      if (isPurged) this.#leader = null;
    } catch (cause) {
      // An alarm that throws is retried six times and then forgotten; one that arms itself again is not.
      this.#ports.reportIncident({ event: 'partition-alarm-failed', failure: unexpectedFailure('The alarm', cause) });
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + alarmRetryMs);
    }
  }

  /** The door that sockets of this partition speak to, or why there is none. */
  fastDoor(ref: PartitionRef, configVersion: number): Result<FastDoor<Socket>> {
    const leader = this.#leaderFor(ref, configVersion);
    if (!leader.ok) return leader;
    // A log that is still to be verified is so at the first frame.
    return leader.value.standing.loss ?? ok(leader.value.fastDoor);
  }

  /** The door for a socket that was accepted earlier; null once the topic is gone. */
  get openDoor(): FastDoor<Socket> | null {
    return this.#leader !== null && this.#leader.identity.closedAtMs === null ? this.#leader.fastDoor : null;
  }

  /** A frame of a socket that was accepted, in this life of the object or an earlier one. */
  onFrame(socket: Socket, frame: Uint8Array): void {
    const leader = this.#leader;
    if (leader === null || leader.identity.closedAtMs !== null) return;
    if (leader.standing.isSound) {
      leader.usage.countMessage();
      leader.fastDoor.onFrame(socket, frame);
      return;
    }
    void leader.standing.verify().then((sound) => {
      if (sound.ok) this.onFrame(socket, frame);
      else leader.fastDoor.dismiss(socket, sound.error);
    });
  }

  #lead(identity: PartitionIdentity | null): void {
    this.#leader = identity === null ? null : new PartitionLeader<Socket>(this.#ports, identity);
  }

  /** As {@link PartitionService.#leaderFor}, once the log is known to be whole. */
  async #soundLeaderFor(ref: PartitionRef, configVersion: number): Promise<Result<PartitionLeader<Socket>>> {
    const leader = this.#leaderFor(ref, configVersion);
    if (!leader.ok || leader.value.standing.isSound) return leader;
    const sound = await leader.value.standing.verify();
    return sound.ok ? this.#leaderFor(ref, configVersion) : sound;
  }

  #leaderFor(ref: PartitionRef, configVersion: number): Result<PartitionLeader<Socket>> {
    if (this.#refusal !== null) return this.#refusal;
    const leader = this.#leader;
    if (leader === null) return failed('GRANT_REQUIRED', 'the partition has no identity yet');
    const own = checkIdentity(leader.identity, ref);
    if (!own.ok) return own;
    leader.usage.countCall();
    if (leader.identity.closedAtMs !== null) {
      return failed('UNKNOWN_TOPIC_ID', `topic ${leader.identity.topic} was deleted`);
    }
    if (leader.identity.configVersion < configVersion) {
      return failed('GRANT_REQUIRED', 'the partition has an older config of its topic');
    }
    return ok(leader);
  }
}
