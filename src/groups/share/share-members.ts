import { limits } from '../../limits.ts';
import type { SharePlace, ShareTopic } from './share-group-rpc.ts';

/** A member that is silent for longer is forgotten; Kafka's default of group.share.session.timeout.ms. */
export const shareSessionTimeoutMs = limits.sessionTimeoutMs.value;

export type ShareMember = {
  readonly memberId: string;
  readonly clientId: string;
  readonly topics: readonly string[];
  readonly heardAtMs: number;
};

/**
 * Who works in a share group, in memory only: membership spreads the members over the partitions and shows who is
 * there. What belongs to whom is decided by locks alone, so a lost memory costs nothing but that spread.
 */
export class ShareMembers {
  readonly #members = new Map<string, ShareMember>();

  /** In the order in which they came. */
  list(nowMs: number): readonly ShareMember[] {
    for (const { memberId, heardAtMs } of this.#members.values()) {
      if (heardAtMs + shareSessionTimeoutMs <= nowMs) this.#members.delete(memberId);
    }
    return [...this.#members.values()];
  }

  /** Answers false when there is no room for another member. */
  hear(member: ShareMember): boolean {
    const isNew = !this.#members.has(member.memberId);
    if (isNew && this.list(member.heardAtMs).length >= limits.shareMembersPerGroup.value) return false;
    this.#members.set(member.memberId, member);
    return true;
  }

  leave(memberId: string): void {
    this.#members.delete(memberId);
  }

  clear(): void {
    this.#members.clear();
  }
}

/**
 * The partitions that a member is to look at first. Of each topic, every partition is some member's and every member
 * has one (KIP-932's simple assignor): with more members than partitions, several share one.
 */
export function preferredPlaces(
  memberId: string,
  members: readonly ShareMember[],
  topics: readonly ShareTopic[],
): SharePlace[] {
  return topics.flatMap(({ topic, topicId, partitionCount }) => {
    const readers = members.filter((member) => member.topics.includes(topic)).map((member) => member.memberId);
    const index = readers.indexOf(memberId);
    if (index < 0) return [];
    const pairs = Math.max(readers.length, partitionCount);
    const places: SharePlace[] = [];
    for (let pair = index; pair < pairs; pair += readers.length) {
      places.push({ topic, topicId, partition: pair % partitionCount });
    }
    return places;
  });
}
