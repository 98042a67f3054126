import { ok, type Result } from '../errors/result.ts';
import type { ClassicRequest } from '../groups/classic/classic-rpc.ts';
import type { ConsumerRequest } from '../groups/consumer/consumer-rpc.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type {
  CommitRequest,
  FirstOffset,
  GroupRpc,
  HeartbeatRequest,
  LeaveRequest,
  ResetOffset,
  TransactionCommitRequest,
} from '../groups/group-rpc.ts';
import type { InstanceRequest } from '../groups/instances/instance-rpc.ts';
import type { MemberClaim } from '../groups/membership.ts';
import type { TransactionMarker } from '../log/transactions/transaction-marker.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from './broken-call.ts';

/**
 * A group's object as an edge calls it, when the object may be moved or reset under the call. Every verb may be
 * repeated: a heartbeat whose answer was lost is answered the same again, and a commit stores what it stored before.
 */
export class GroupCaller implements GroupRpc {
  readonly #connect: (ref: GroupRef) => GroupRpc;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;

  /** `connect` makes a new stub for each try: one that broke stays broken. */
  constructor(ports: {
    readonly connect: (ref: GroupRef) => GroupRpc;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#connect = ports.connect;
    this.#random = ports.random;
    this.#pause = ports.pause;
  }

  heartbeat(request: HeartbeatRequest) {
    return this.#repeat(request.ref, (group) => group.heartbeat(request));
  }

  awaitNews(ref: GroupRef, claim: MemberClaim, waitMs: number) {
    return this.#repeat(ref, (group) => group.awaitNews(ref, claim, waitMs));
  }

  /** A member that is not known any more has left, by the call whose answer was lost or before. */
  async leave(request: LeaveRequest) {
    let tries = 0;
    const left = await this.#repeat(request.ref, (group) => {
      tries += 1;
      return group.leave(request);
    });
    const isRepeated = tries > 1 && !left.ok && left.error.code === 'UNKNOWN_MEMBER_ID';
    return isRepeated ? ok({ refused: [] }) : left;
  }

  commit(request: CommitRequest) {
    return this.#repeat(request.ref, (group) => group.commit(request));
  }

  commitInTransaction(request: TransactionCommitRequest) {
    return this.#repeat(request.ref, (group) => group.commitInTransaction(request));
  }

  writeTxnMarker(ref: GroupRef, marker: TransactionMarker) {
    return this.#repeat(ref, (group) => group.writeTxnMarker(ref, marker));
  }

  keepFirstOffsets(ref: GroupRef, claim: MemberClaim, firsts: readonly FirstOffset[]) {
    return this.#repeat(ref, (group) => group.keepFirstOffsets(ref, claim, firsts));
  }

  describe(ref: GroupRef) {
    return this.#repeat(ref, (group) => group.describe(ref));
  }

  resetOffsets(ref: GroupRef, offsets: readonly ResetOffset[], undoes: number | null) {
    return this.#repeat(ref, (group) => group.resetOffsets(ref, offsets, undoes));
  }

  listResets(ref: GroupRef) {
    return this.#repeat(ref, (group) => group.listResets(ref));
  }

  deleteOffsets(ref: GroupRef, topic: string, partition: number | null) {
    return this.#repeat(ref, (group) => group.deleteOffsets(ref, topic, partition));
  }

  deleteGroup(ref: GroupRef) {
    return this.#repeat(ref, (group) => group.deleteGroup(ref));
  }

  callInstance(request: InstanceRequest) {
    return this.#repeat(request.ref, (group) => group.callInstance(request));
  }

  callClassic(request: ClassicRequest) {
    return this.#repeat(request.ref, (group) => group.callClassic(request));
  }

  callConsumer(request: ConsumerRequest) {
    return this.#repeat(request.ref, (group) => group.callConsumer(request));
  }

  async #once<T>(ref: GroupRef, attempt: (group: GroupRpc) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await attempt(this.#connect(ref));
    } catch (thrown) {
      return failureOf(thrown, 'group', 'Repeat it.');
    }
  }

  async #repeat<T>(ref: GroupRef, attempt: (group: GroupRpc) => Promise<Result<T>>): Promise<Result<T>> {
    let result = await this.#once(ref, attempt);
    for (let tries = 1; tries < attemptsMax && !result.ok && result.error.code === 'UNKNOWN_OUTCOME'; tries += 1) {
      await this.#pause(pauseBeforeRetryMs(tries, this.#random));
      result = await this.#once(ref, attempt);
    }
    return result;
  }
}
