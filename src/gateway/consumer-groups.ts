import { assert } from '../errors/assert.ts';
import { ok, type Result } from '../errors/result.ts';
import type { OffsetCommit, RefusedCommit } from '../groups/committed-offset.ts';
import type { ConsumerHeartbeat, ConsumerReply } from '../groups/consumer/consumer-rpc.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { GroupRpc } from '../groups/group-rpc.ts';
import type { MemberClaim } from '../groups/membership.ts';
import { shortenedName } from './shortened-name.ts';

/** What a member is told with a sign of life. */
export type Heard = Extract<ConsumerReply, { readonly kind: 'heard' }>;

/** Groups as members of Kafka's consumer protocol (KIP-848) reach them from an edge. */
export class ConsumerGroups {
  readonly #groups: Pick<GroupRpc, 'callConsumer'>;
  readonly #newMemberId: () => string;

  constructor(ports: { readonly groups: Pick<GroupRpc, 'callConsumer'>; readonly newMemberId: () => string }) {
    this.#groups = ports.groups;
    this.#newMemberId = ports.newMemberId;
  }

  /** A sign of life; early clients join without an id and are given one. */
  async heartbeat(
    ref: GroupRef,
    heartbeat: ConsumerHeartbeat,
  ): Promise<{ readonly memberId: string; readonly heard: Result<Heard> }> {
    const memberId = heartbeat.memberId === '' ? this.#newMemberId() : heartbeat.memberId;
    const named = { ...heartbeat, memberId, clientId: shortenedName(heartbeat.clientId) };
    const reply = await this.#groups.callConsumer({ ref, command: { kind: 'heartbeat', heartbeat: named } });
    if (!reply.ok) return { memberId, heard: reply };
    assert(reply.value.kind === 'heard', 'who gives a sign of life is told that it was heard');
    return { memberId, heard: ok(reply.value) };
  }

  /** UNKNOWN_MEMBER_ID for a member that is out already, FENCED_INSTANCE_ID. */
  async leave(ref: GroupRef, leaver: Omit<MemberClaim, 'memberEpoch'> & { isAway: boolean }): Promise<Result<null>> {
    const left = await this.#groups.callConsumer({ ref, command: { kind: 'leave', ...leaver } });
    return left.ok ? ok(null) : left;
  }

  /** Of a member of either protocol; a generation is an epoch. */
  async commit(
    ref: GroupRef,
    claim: MemberClaim,
    commits: readonly OffsetCommit[],
  ): Promise<Result<{ readonly refused: readonly RefusedCommit[] }>> {
    const committed = await this.#groups.callConsumer({ ref, command: { kind: 'commit', claim, commits } });
    if (!committed.ok) return committed;
    assert(committed.value.kind === 'committed', 'who asked to commit is told of that');
    return ok(committed.value);
  }

  /** Whether a member may ask for the group's offsets: STALE_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
  async check(ref: GroupRef, claim: MemberClaim): Promise<Result<null>> {
    const checked = await this.#groups.callConsumer({ ref, command: { kind: 'check', claim } });
    return checked.ok ? ok(null) : checked;
  }
}
