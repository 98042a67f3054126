import type { SqlStore } from '../platform/sql-store.ts';
import { type AssignableTopic, type PartitionKey, partitionKey } from './assignors/assignor.ts';
import type { ClassicState } from './classic/classic-state.ts';
import { ClassicStore } from './classic/classic-store.ts';
import type { CommittedOffset } from './committed-offset.ts';
import type { GroupRef } from './group-ref.ts';
import type { GroupState } from './group-state.ts';
import type { GroupRow, GroupStore, GroupTopic } from './group-store.ts';
import { type KeptReset, OffsetResetStore } from './offset-resets.ts';
import { covers } from './retarget.ts';
import { type TransactionalChange, TransactionalOffsets } from './transactional-offsets.ts';

/** What one command changes; what it does not name stays. */
export type GroupChange = {
  readonly state?: GroupState;
  readonly classic?: ClassicState;
  readonly offsets?: readonly CommittedOffset[];
  readonly deletedOffsets?: readonly Pick<CommittedOffset, 'topicId' | 'partition'>[];
  /** Topics that offsets are committed for, besides those of the state. */
  readonly topics?: readonly AssignableTopic[];
  readonly deletedTopicIds?: readonly string[];
  readonly unheardSinceMs?: number | null;
  readonly transactional?: TransactionalChange;
  /** A reset of offsets, kept so that it can be put back. */
  readonly reset?: KeptReset;
};

/**
 * The whole group in memory, as its rows say it. A command's changes are written in one transaction and seen only
 * after it: memory and rows cannot come apart.
 */
export class GroupMemory {
  readonly #sql: SqlStore;
  readonly #store: GroupStore;
  #row: GroupRow;
  #state: GroupState;
  readonly #classicStore: ClassicStore;
  #classic: ClassicState;
  readonly #topics: Map<string, GroupTopic>;
  readonly #offsets: Map<PartitionKey, CommittedOffset>;
  readonly transactional: TransactionalOffsets;
  readonly #resets: OffsetResetStore;

  constructor(sql: SqlStore, store: GroupStore) {
    this.#sql = sql;
    this.#store = store;
    this.#row = store.loadRow();
    this.#topics = new Map(store.loadTopics().map((topic) => [topic.topicId, topic]));
    this.#offsets = new Map(store.loadOffsets().map((offset) => [keyOf(offset), offset]));
    this.transactional = new TransactionalOffsets(sql);
    this.#resets = new OffsetResetStore(sql);
    this.#classicStore = new ClassicStore(sql);
    this.#classic = this.#classicStore.load();
    const members = store.loadMembers();
    const isWanted = (topic: string) => [...members.values()].some(({ subscription }) => covers(subscription, topic));
    this.#state = {
      groupEpoch: this.#row.groupEpoch,
      lastMemberEpoch: this.#row.lastMemberEpoch,
      members,
      topics: [...this.#topics.values()].filter(({ topic }) => isWanted(topic)),
    };
  }

  get ref(): GroupRef {
    return this.#row.ref;
  }

  get row(): GroupRow {
    return this.#row;
  }

  get state(): GroupState {
    return this.#state;
  }

  /** The members that speak Kafka's classic protocol. While there are some, there are no others. */
  get classic(): ClassicState {
    return this.#classic;
  }

  /** The members of either protocol. */
  get memberCount(): number {
    return this.#state.members.size + this.#classic.members.size;
  }

  /** By topic id. */
  get topics(): ReadonlyMap<string, GroupTopic> {
    return this.#topics;
  }

  get offsets(): ReadonlyMap<PartitionKey, CommittedOffset> {
    return this.#offsets;
  }

  /** Resets that can be put back, the newest first. Read when asked for: that is seldom. */
  get resets(): readonly KeptReset[] {
    return this.#resets.load();
  }

  hasOffset(topicId: string, partition: number): boolean {
    return this.#offsets.has(partitionKey(topicId, partition));
  }

  change(change: GroupChange, nowMs: number): void {
    const state = change.state ?? this.#state;
    const classic = change.classic ?? this.#classic;
    const { topics, row } = this.#consequences(change, state, classic, nowMs);
    this.#sql.transaction(() => {
      this.#store.saveMembers(this.#state, state);
      this.#classicStore.save(this.#classic, classic);
      for (const topic of topics) this.#store.saveTopic(topic);
      for (const offset of change.offsets ?? []) this.#store.saveOffset(offset);
      for (const offset of change.deletedOffsets ?? []) this.#store.deleteOffset(offset);
      for (const topicId of change.deletedTopicIds ?? []) this.#store.deleteTopic(topicId);
      if (row !== this.#row) this.#store.saveRow(row);
      if (change.transactional !== undefined) this.transactional.write(change.transactional, nowMs);
      if (change.reset !== undefined) this.#resets.save(change.reset);
    });
    if (change.transactional !== undefined) this.transactional.adopt(change.transactional);
    this.#state = state;
    this.#classic = classic;
    this.#row = row;
    for (const topic of topics) this.#topics.set(topic.topicId, topic);
    for (const offset of change.offsets ?? []) this.#offsets.set(keyOf(offset), offset);
    for (const offset of change.deletedOffsets ?? []) this.#offsets.delete(keyOf(offset));
    for (const topicId of change.deletedTopicIds ?? []) this.#forgetTopic(topicId);
  }

  /** Topics whose rows must be written, and the group's own row, which is the same one when nothing in it changed. */
  #consequences(
    change: GroupChange,
    state: GroupState,
    classic: ClassicState,
    nowMs: number,
  ): { topics: GroupTopic[]; row: GroupRow } {
    const topics: GroupTopic[] = [];
    for (const { topicId, topic, partitionCount } of [...state.topics, ...(change.topics ?? [])]) {
      const known = this.#topics.get(topicId);
      if (known?.partitionCount === partitionCount) continue;
      const firstPartitionCount = known?.firstPartitionCount ?? partitionCount;
      topics.push({ topicId, topic, partitionCount, firstPartitionCount });
    }
    const next = {
      groupEpoch: state.groupEpoch,
      lastMemberEpoch: state.lastMemberEpoch,
      emptySinceMs: state.members.size + classic.members.size > 0 ? null : (this.#row.emptySinceMs ?? nowMs),
      unheardSinceMs: change.unheardSinceMs === undefined ? this.#row.unheardSinceMs : change.unheardSinceMs,
    };
    const isSame = Object.entries(next).every(([name, value]) => this.#row[name as keyof typeof next] === value);
    return { topics, row: isSame ? this.#row : { ...this.#row, ...next } };
  }

  #forgetTopic(topicId: string): void {
    this.#topics.delete(topicId);
    for (const [key, offset] of this.#offsets) if (offset.topicId === topicId) this.#offsets.delete(key);
  }
}

const keyOf = ({ topicId, partition }: Pick<CommittedOffset, 'topicId' | 'partition'>): PartitionKey =>
  partitionKey(topicId, partition);
