import type { SimulatedWorld } from '../simulated-world.ts';

/** How far a partition's clock may be off when it stamps a record, and off to the other side when it removes it. */
const clockToleranceMs = 8_500;

type AckedRecord = { readonly offset: number; readonly topic: string; readonly invokedAtMs: number };

/**
 * What was removed from the beginnings of partitions, and whether it might have been: no record goes before its
 * retention is over, but for those below an offset that somebody deleted up to.
 */
export class RemovalWatch {
  readonly #world: SimulatedWorld;
  readonly #acked = new Map<string, AckedRecord[]>();
  readonly #deletedBelow = new Map<string, number>();
  /** The shortest retention that a topic of this name ever had, in ms. */
  readonly #retentionMs = new Map<string, number>();
  readonly #gaps = new Map<string, number>();
  readonly #starts = new Map<string, number>();

  constructor(world: SimulatedWorld) {
    this.#world = world;
  }

  acked(key: string, offset: number, topic: string, invokedAtNs: number): void {
    const records = this.#acked.get(key) ?? [];
    records.push({ offset, topic, invokedAtMs: invokedAtNs / 1e6 });
    this.#acked.set(key, records);
  }

  /** Somebody is about to delete what lies below. */
  mayDeleteBelow(key: string, offset: number): void {
    this.#deletedBelow.set(key, Math.max(offset, this.#deletedBelow.get(key) ?? 0));
  }

  mayExpireAfter(topic: string, retentionMs: number): void {
    this.#retentionMs.set(topic, Math.min(retentionMs, this.#retentionMs.get(topic) ?? Number.POSITIVE_INFINITY));
  }

  /** A reader was told that everything below is gone. */
  gapSeen(key: string, to: number): void {
    this.#gaps.set(key, Math.max(to, this.#gaps.get(key) ?? 0));
  }

  /** Partitions that cannot be read in the end, since their topic was deleted: what readers were told must do. */
  closeWithout(liveKeys: ReadonlySet<string>): void {
    for (const [key, to] of this.#gaps) if (!liveKeys.has(key)) this.startSeen(key, to);
  }

  /** A partition was seen to begin there. */
  startSeen(key: string, start: number): void {
    const known = this.#starts.get(key) ?? 0;
    if (start <= known) return;
    this.#starts.set(key, start);
    const world = this.#world;
    world.history.add(['b', world.history.now(), key, start]);
    world.sometimes('log start moved');
    const deletedBelow = this.#deletedBelow.get(key) ?? 0;
    for (const { offset, topic, invokedAtMs } of this.#acked.get(key) ?? []) {
      if (offset < known || offset >= start || offset < deletedBelow) continue;
      const keptMs = world.nowMs - invokedAtMs + clockToleranceMs;
      const retentionMs = this.#retentionMs.get(topic) ?? Number.POSITIVE_INFINITY;
      if (keptMs < retentionMs) {
        const age = Math.round(world.nowMs - invokedAtMs);
        world.violate(`offset ${offset} of ${key} is gone ${age} ms after it was sent, retention is ${retentionMs} ms`);
        return;
      }
    }
  }
}
