import {
  type AssignableMember,
  type AssignableTopic,
  type Assignor,
  partitionKey,
  subscribersByTopic,
} from './assignor.ts';

/**
 * As even as single moves can make it, and among such divisions near the one before: every member keeps what it had,
 * what nobody has goes to those with the fewest, and only then partitions move from a member to another that has at
 * least two fewer. What Kafka calls its uniform (before: cooperative sticky) assignor promises the same.
 */
export const assignSticky: Assignor = (members, topics) => {
  const division = new Division(members, topics);
  division.keepPrevious();
  division.dealOutRest();
  division.balance();
  return division.assignment;
};

class Division {
  readonly assignment: Map<string, Set<string>>;
  readonly #members: readonly AssignableMember[];
  readonly #subscribers: Map<AssignableTopic, AssignableMember[]>;
  readonly #topicOf = new Map<string, AssignableTopic>();
  readonly #unassigned = new Map<string, AssignableTopic>();

  constructor(members: readonly AssignableMember[], topics: readonly AssignableTopic[]) {
    this.#members = members;
    this.assignment = new Map(members.map(({ memberId }) => [memberId, new Set<string>()]));
    this.#subscribers = subscribersByTopic(members, topics);
    for (const topic of this.#subscribers.keys()) {
      for (let partition = 0; partition < topic.partitionCount; partition++) {
        const key = partitionKey(topic.topicId, partition);
        this.#topicOf.set(key, topic);
        this.#unassigned.set(key, topic);
      }
    }
  }

  keepPrevious(): void {
    for (const { memberId, topicIds, previous } of this.#members) {
      for (const key of previous) {
        const topic = this.#unassigned.get(key);
        if (topic === undefined || !topicIds.has(topic.topicId)) continue;
        this.#unassigned.delete(key);
        this.assignment.get(memberId)!.add(key);
      }
    }
  }

  /** Topics that fewest may read come first: the others can still be evened out with what is left. */
  dealOutRest(): void {
    const rest = [...this.#unassigned].sort(
      (one, other) => this.#subscribers.get(one[1])!.length - this.#subscribers.get(other[1])!.length,
    );
    for (const [key, topic] of rest) this.assignment.get(this.#least(topic).memberId)!.add(key);
  }

  /** Every move makes the sum of the squares of all sizes smaller, so this ends. */
  balance(): void {
    for (let hasMoved = true; hasMoved; ) {
      hasMoved = false;
      const bySize = [...this.#members].sort((one, other) => this.#size(other) - this.#size(one));
      for (const member of bySize) hasMoved = this.#relieve(member) || hasMoved;
    }
  }

  /** Moves partitions of one member, the last ones first, to whoever has at least two fewer. */
  #relieve(member: AssignableMember): boolean {
    const own = this.assignment.get(member.memberId)!;
    let hasMoved = false;
    const leastOf = new Map<AssignableTopic, AssignableMember>();
    for (const key of [...own].reverse()) {
      const topic = this.#topicOf.get(key)!;
      const least = leastOf.get(topic) ?? this.#least(topic);
      leastOf.set(topic, least);
      if (this.#size(least) > own.size - 2) continue;
      own.delete(key);
      this.assignment.get(least.memberId)!.add(key);
      leastOf.clear();
      hasMoved = true;
    }
    return hasMoved;
  }

  #least(topic: AssignableTopic): AssignableMember {
    const subscribers = this.#subscribers.get(topic)!;
    let least = subscribers[0]!;
    for (const member of subscribers) if (this.#size(member) < this.#size(least)) least = member;
    return least;
  }

  #size({ memberId }: AssignableMember): number {
    return this.assignment.get(memberId)!.size;
  }
}
