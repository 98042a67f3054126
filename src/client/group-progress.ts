import type { OffsetTable } from './group-door.ts';

/** How far a member has come in its partitions, and what of that is committed. */
export class GroupProgress {
  /** The next offset to be handed out, where it differs from what the group knows. */
  #positions = new Map<string, Place>();
  /** Dealt with and not committed yet. */
  #done = new Map<string, Place>();
  /** What the group has taken last. */
  #committed = new Map<string, number>();

  /** Where to read on; what the group has committed need not be said. */
  get positions(): OffsetTable {
    return tableOf(this.#positions);
  }

  /** What there is to commit. */
  get uncommitted(): OffsetTable {
    return tableOf(this.#done);
  }

  /**
   * The record at `offset` was handed out. One that was committed long ago comes again when an older commit of this
   * member's was delivered late and moved the group back: then the group has to be told anew.
   */
  handOut(topic: string, partition: number, offset: number): void {
    const key = keyOf(topic, partition);
    if ((this.#committed.get(key) ?? 0) > offset) this.#committed.delete(key);
    this.reach(topic, partition, offset + 1);
  }

  /** Records below `offset` were handed out, or passed over. */
  reach(topic: string, partition: number, offset: number): void {
    const key = keyOf(topic, partition);
    if (this.#committed.get(key) === offset) this.#positions.delete(key);
    else this.#positions.set(key, { topic, partition, offset });
  }

  /** Records below `offset` are dealt with. */
  finish(topic: string, partition: number, offset: number): void {
    const key = keyOf(topic, partition);
    if (this.#committed.get(key) !== offset) this.#done.set(key, { topic, partition, offset });
  }

  /** All that was handed out is dealt with. */
  finishAll(): void {
    for (const [key, place] of this.#positions) this.#done.set(key, place);
  }

  /** The group has taken these offsets by a call of somebody else's. */
  committedElsewhere(offsets: OffsetTable): void {
    for (const [topic, partitions] of Object.entries(offsets)) {
      for (const [partition, offset] of Object.entries(partitions)) this.finish(topic, Number(partition), offset);
    }
    this.committed(offsets);
  }

  /** The group has taken what it was sent; what came in between stays to be committed. */
  committed(sent: OffsetTable): void {
    for (const [key, { topic, partition, offset }] of this.#done) {
      if (sent[topic]?.[partition] !== offset) continue;
      this.#done.delete(key);
      this.#committed.set(key, offset);
      if (this.#positions.get(key)?.offset === offset) this.#positions.delete(key);
    }
  }

  /** Forgets partitions that are not this member's any more. */
  forget(lost: Readonly<Record<string, readonly number[]>>): void {
    for (const [topic, partitions] of Object.entries(lost)) {
      for (const partition of partitions) {
        const key = keyOf(topic, partition);
        this.#positions.delete(key);
        this.#done.delete(key);
        this.#committed.delete(key);
      }
    }
  }

  /** A new tenure begins: nothing of the one before counts. */
  clear(): void {
    this.#positions = new Map();
    this.#done = new Map();
    this.#committed = new Map();
  }
}

type Place = { readonly topic: string; readonly partition: number; readonly offset: number };

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

function tableOf(places: ReadonlyMap<string, Place>): OffsetTable {
  const table: OffsetTable = {};
  for (const { topic, partition, offset } of places.values()) table[topic] = { ...table[topic], [partition]: offset };
  return table;
}
