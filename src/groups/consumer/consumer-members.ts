import { assert } from '../../errors/assert.ts';
import { type Failure, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { partitionKey } from '../assignors/assignor.ts';
import type { OffsetCommit } from '../committed-offset.ts';
import type { GroupMemory } from '../group-memory.ts';
import type { GroupRef } from '../group-ref.ts';
import type { GroupRpc } from '../group-rpc.ts';
import type { Member } from '../group-state.ts';
import { subscriptionOf } from '../member-wish.ts';
import { findMember, type MemberClaim, type MemberWish, unknownMember } from '../membership.ts';
import type { ConsumerHeartbeat, ConsumerReply, ConsumerRequest } from './consumer-rpc.ts';

export type ConsumerPorts = {
  readonly rpc: Pick<GroupRpc, 'heartbeat' | 'leave' | 'commit' | 'callClassic'>;
  /** The object's group as it is now; null when there is none. */
  readonly group: () => GroupMemory | null;
};

/**
 * A group's members that speak Kafka's consumer protocol (KIP-848). They are members as any that the server assigns to,
 * beside those that call over HTTP or a WebSocket: what is different is how they say it. A heartbeat names only what
 * changed, and a partition is given back when a report is without it, not with the next call.
 */
export class ConsumerMembers {
  readonly #ports: ConsumerPorts;

  constructor(ports: ConsumerPorts) {
    this.#ports = ports;
  }

  async call({ ref, command }: ConsumerRequest): Promise<Result<ConsumerReply>> {
    switch (command.kind) {
      case 'heartbeat':
        return this.#heartbeat(ref, command.heartbeat);
      case 'leave':
        return this.#leave(ref, command.memberId, command.instanceId, command.isAway);
      case 'commit':
        return this.#commit(ref, command.claim, command.commits);
      case 'check':
        return this.#check(command.claim);
    }
  }

  async #heartbeat(ref: GroupRef, heartbeat: ConsumerHeartbeat): Promise<Result<ConsumerReply>> {
    const { memberId, instanceId, memberEpoch, clientId, held } = heartbeat;
    const known = memberEpoch === 0 ? null : (this.#ports.group()?.state.members.get(memberId) ?? null);
    const beaten = await this.#ports.rpc.heartbeat({
      ref,
      memberId,
      instanceId,
      memberEpoch,
      wish: wishOf(heartbeat, known),
      clientId,
      relay: null,
      commits: [],
      mayRejoin: false,
      held: held ?? 'as-before',
    });
    if (!beaten.ok) return beaten;
    const { assigned, heartbeatIntervalMs } = beaten.value;
    // Who sends everything has lost its way, and is told everything.
    const mustTell = beaten.value.memberEpoch !== memberEpoch || isWhole(heartbeat);
    return ok({
      kind: 'heard',
      memberEpoch: beaten.value.memberEpoch,
      heartbeatIntervalMs,
      assigned: mustTell ? assigned.map(({ topicId, partition }) => partitionKey(topicId, partition)) : null,
    });
  }

  async #leave(
    ref: GroupRef,
    memberId: string,
    instanceId: string | null,
    isAway: boolean,
  ): Promise<Result<ConsumerReply>> {
    const member = this.#ports.group()?.state.members.get(memberId);
    if (member === undefined) return unknownMember(memberId);
    const claim = { memberId, instanceId, memberEpoch: member.epoch };
    const left = await this.#ports.rpc.leave({ ref, claim, commits: [], isAway });
    return left.ok ? ok({ kind: 'left' }) : left;
  }

  async #commit(ref: GroupRef, claim: MemberClaim, commits: readonly OffsetCommit[]): Promise<Result<ConsumerReply>> {
    if ((this.#ports.group()?.state.members.size ?? 0) > 0) {
      const committed = await this.#ports.rpc.commit({ ref, claim, commits });
      if (!committed.ok) return { ok: false, error: asStale(committed.error) };
      const refused = committed.value.refused.map(({ commit, failure }) => ({ commit, failure: asStale(failure) }));
      return ok({ kind: 'committed', refused });
    }
    const { memberId, instanceId, memberEpoch: generationId } = claim;
    const command = { kind: 'commit', claim: { memberId, instanceId, generationId }, commits } as const;
    const committed = await this.#ports.rpc.callClassic({ ref, command });
    if (!committed.ok) return committed;
    assert(committed.value.kind === 'committed', 'who asked to commit is told of that');
    return ok(committed.value);
  }

  /** Of a group that is not there, or whose members are classic, anyone may ask. */
  #check(claim: MemberClaim): Result<ConsumerReply> {
    const group = this.#ports.group();
    if (group === null || group.classic.members.size > 0) return ok({ kind: 'checked' });
    const found = findMember(group.state, claim);
    return found.ok ? ok({ kind: 'checked' }) : { ok: false, error: asStale(found.error) };
  }
}

/** What commits and looks at offsets call an epoch that is over: a member that hears it asks again with its newest. */
function asStale(failure: Failure): Failure {
  return failure.code === 'FENCED_MEMBER_EPOCH' ? { ...failure, code: 'STALE_MEMBER_EPOCH' } : failure;
}

const isWhole = ({ topics, pattern, rebalanceTimeoutMs, held }: ConsumerHeartbeat): boolean =>
  (topics !== null || pattern !== null) && rebalanceTimeoutMs !== null && held !== null;

/** All that a member wants after a heartbeat that says what is new; null when nothing is. */
function wishOf(heartbeat: ConsumerHeartbeat, known: Member | null): MemberWish | null {
  const { topics, pattern, assignor, rebalanceTimeoutMs, memberEpoch } = heartbeat;
  const isUnchanged = topics === null && pattern === null && assignor === null && rebalanceTimeoutMs === null;
  // Who is not known is refused, or joins and says it all.
  if (isUnchanged || (known === null && memberEpoch !== 0)) return null;
  return {
    subscription: subscriptionOf(
      topics ?? known?.subscription.topics ?? [],
      pattern === null ? (known?.subscription.pattern ?? null) : pattern || null,
    ),
    assignor: assignor ?? known?.assignor ?? null,
    sessionTimeoutMs: known?.sessionTimeoutMs ?? limits.sessionTimeoutMs.value,
    rebalanceTimeoutMs: rebalanceTimeoutMs ?? known?.rebalanceTimeoutMs ?? limits.rebalanceTimeoutMs.value,
  };
}
