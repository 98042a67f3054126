import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { ClassicLeaver, ClassicSync, SyncReply } from '../groups/classic/classic-calls.ts';
import type { ClassicJoin, JoinReply } from '../groups/classic/classic-join.ts';
import type { ClassicCommand, ClassicDescription, ClassicReply } from '../groups/classic/classic-rpc.ts';
import type { ClassicClaim } from '../groups/classic/classic-state.ts';
import type { OffsetCommit, RefusedCommit } from '../groups/committed-offset.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { GroupRpc } from '../groups/group-rpc.ts';
import { shortenedName } from './shortened-name.ts';

/** A member that waits for others asks again so often: a call that is cut off is noticed, and no call lasts for long. */
const waitMs = 15_000;

/** So many waits are longer than the longest rebalance; whoever still waits then begins anew. */
const waitsMax = 2_000;

/** A join as a client asks for it: without a member id if it has none yet. */
export type JoinRequest = Omit<ClassicJoin, 'isNew'>;

/** Groups of Kafka's classic protocol as an edge reaches them: calls here wait for as long as the protocol has them wait. */
export class ClassicGroups {
  readonly #groups: Pick<GroupRpc, 'callClassic'>;
  readonly #newMemberId: () => string;

  constructor(ports: { readonly groups: Pick<GroupRpc, 'callClassic'>; readonly newMemberId: () => string }) {
    this.#groups = ports.groups;
    this.#newMemberId = ports.newMemberId;
  }

  /** Joins when the next generation begins. `memberId` is the member's, also when it is only given one. */
  async join(
    ref: GroupRef,
    request: JoinRequest,
  ): Promise<{ readonly memberId: string; readonly joined: Result<JoinReply> }> {
    const isNew = request.memberId === '';
    const clientId = shortenedName(request.clientId);
    const name = shortenedName(request.instanceId ?? '') || clientId || 'member';
    const memberId = isNew ? `${name}-${this.#newMemberId()}` : request.memberId;
    // Whoever was told to wait is a member: that it is none any more must not make it a new one.
    const joined = await this.#waited(ref, (waits) => ({
      kind: 'join',
      join: { ...request, memberId, clientId, isNew: isNew && waits === 0 },
      waitMs,
    }));
    if (!joined.ok) return { memberId, joined };
    assert(joined.value.kind === 'joined', 'who asked to join is told of that');
    return { memberId, joined: ok(joined.value.reply) };
  }

  /** Answers when the leader has assigned. */
  async sync(ref: GroupRef, sync: ClassicSync): Promise<Result<SyncReply>> {
    const synced = await this.#waited(ref, () => ({ kind: 'sync', sync, waitMs }));
    if (!synced.ok) return synced;
    assert(synced.value.kind === 'synced', 'who asked for an assignment is told of that');
    return ok(synced.value.reply);
  }

  async heartbeat(ref: GroupRef, claim: ClassicClaim): Promise<Result<null>> {
    const heard = await this.#groups.callClassic({ ref, command: { kind: 'heartbeat', claim } });
    return heard.ok ? ok(null) : heard;
  }

  /** In the order of the leavers, each by itself. */
  async leave(ref: GroupRef, leavers: readonly ClassicLeaver[]): Promise<Result<readonly Result<null>[]>> {
    const left = await this.#groups.callClassic({ ref, command: { kind: 'leave', leavers } });
    if (!left.ok) return left;
    assert(left.value.kind === 'left', 'who asked to leave is told of that');
    return ok(left.value.refusals.map((error) => (error === null ? ok(null) : { ok: false, error })));
  }

  async commit(
    ref: GroupRef,
    claim: ClassicClaim,
    commits: readonly OffsetCommit[],
  ): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>> {
    const committed = await this.#groups.callClassic({ ref, command: { kind: 'commit', claim, commits } });
    if (!committed.ok) return committed;
    assert(committed.value.kind === 'committed', 'who asked to commit is told of that');
    return ok(committed.value);
  }

  /** What members exchange; null when the group has none that speak the protocol. */
  async describe(ref: GroupRef): Promise<Result<ClassicDescription | null>> {
    const described = await this.#groups.callClassic({ ref, command: { kind: 'describe' } });
    if (!described.ok) return described;
    assert(described.value.kind === 'described', 'who asked for a description is told of that');
    return ok(described.value.description);
  }

  async #waited(ref: GroupRef, commandOf: (waits: number) => ClassicCommand): Promise<Result<ClassicReply>> {
    for (let waits = 0; waits < waitsMax; waits += 1) {
      const reply = await this.#groups.callClassic({ ref, command: commandOf(waits) });
      if (!reply.ok || reply.value.kind !== 'waiting') return reply;
    }
    return failed('REBALANCE_IN_PROGRESS', 'The other members did not come to an end; join again.');
  }
}
