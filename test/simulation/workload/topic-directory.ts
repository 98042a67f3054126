import type { SimulatedWorld } from '../simulated-world.ts';
import { RemovalWatch } from './removal-watch.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Edges use a route for so long after a topic changed, and clocks differ. */
const staleRouteNs = 10_000 * 1e6;

/** Of a topic whose records expire, unless its administrator wants it otherwise. */
const retentionMs = 60_000;

/** What the clients of a run know about its topics: their names, and when they changed. */
export class TopicDirectory {
  readonly names: readonly string[];
  /** Topics that nobody changes, and that keep everything. */
  readonly stableNames: readonly string[];
  /** Of each of them. */
  readonly stablePartitions: number;
  readonly removals: RemovalWatch;
  readonly #changes = new Map<string, number[]>();
  readonly #world: SimulatedWorld;
  readonly #expiring = new Set<string>();
  readonly #compacted = new Set<string>();
  readonly #met = new Set<string>();
  readonly #deleted = new Set<string>();
  /** By topic id and partition: the end of what was acknowledged while there were faults. */
  readonly #ackedEnds = new Map<string, number>();
  /** When a record was first acknowledged, and when the last one that was acknowledged had been sent; in ns. */
  readonly #firstAckedAt = new Map<string, number>();
  readonly #lastSentAt = new Map<string, number>();
  #lastValue = 0;

  constructor(world: SimulatedWorld, count: number, stableNames: readonly string[] = []) {
    this.#world = world;
    this.stableNames = stableNames;
    this.stablePartitions = stableNames.length === 0 ? 0 : world.random.integer(1, 3);
    this.removals = new RemovalWatch(world);
    this.names = Array.from({ length: count }, (_, index) => `topic-${index}`);
    for (const name of this.names) {
      if (world.random.chance(world.accents.expiringShare)) this.#expiring.add(name);
      else if (world.random.chance(0.3)) this.#compacted.add(name);
    }
  }

  get all(): readonly string[] {
    return [...this.names, ...this.stableNames];
  }

  /** Whether records of this topic expire; most do not, so that everything can be looked at in the end. */
  isExpiring(topic: string): boolean {
    return this.#expiring.has(topic);
  }

  /** What a topic needs beside defaults, whoever creates it. */
  configOf(topic: string): Record<string, string> {
    if (!this.isExpiring(topic)) return {};
    this.removals.mayExpireAfter(topic, retentionMs);
    return { 'retention.ms': String(retentionMs), 'segment.ms': '1000' };
  }

  /** Whether this topic keeps the last record of each key, rather than all. */
  isCompacted(topic: string): boolean {
    return this.#compacted.has(topic);
  }

  /** A partition of this topic is about to be named in the history. */
  meet(topic: string, key: string): void {
    if (!this.isCompacted(topic) || this.#met.has(key)) return;
    this.#met.add(key);
    this.#world.history.add(['x', key]);
  }

  /** A number that no other record of the run has. */
  newValue(): number {
    this.#lastValue += 1;
    return this.#lastValue;
  }

  /** A topic is about to be deleted, or given more partitions. */
  willChange(topic: string): void {
    const changes = this.#changes.get(topic) ?? [];
    changes.push(this.#world.history.now());
    this.#changes.set(topic, changes);
  }

  /** A topic is about to be deleted, for the first time or again. */
  willDelete(topic: string): void {
    this.willChange(topic);
    this.#deleted.add(topic);
  }

  /** A record was acknowledged just now. */
  acked(key: string, offset: number, sentAtNs: number): void {
    if (this.#world.isHealed) return;
    this.#ackedEnds.set(key, Math.max(offset + 1, this.#ackedEnds.get(key) ?? 0));
    if (!this.#firstAckedAt.has(key)) this.#firstAckedAt.set(key, this.#world.history.now());
    this.#lastSentAt.set(key, Math.max(sentAtNs, this.#lastSentAt.get(key) ?? 0));
  }

  /** Whether subscriptions have to have heard of this partition: the topic's first one was appended to since. */
  mustBeFollowed(topicId: string, partition: number): boolean {
    const thereAt = this.#firstAckedAt.get(partitionKey(topicId, partition)) ?? Number.POSITIVE_INFINITY;
    return (this.#lastSentAt.get(partitionKey(topicId, 0)) ?? 0) > thereAt;
  }

  get ackedEnds(): ReadonlyMap<string, number> {
    return this.#ackedEnds;
  }

  /** Whether anybody ever asked for a topic of this name to be deleted: such a call may land minutes later. */
  mayBeDeleted(topic: string): boolean {
    return this.#deleted.has(topic);
  }

  /** Whether two attempts since then may have met two different topics, or two numbers of partitions. */
  changedSince(topic: string, atNs: number): boolean {
    return this.#changes.get(topic)?.some((changedAt) => changedAt >= atNs - staleRouteNs) ?? false;
  }
}

/** A record's own key as bytes, or null. */
export const encodeKey = (recordKey: string | null): Uint8Array | null =>
  recordKey === null ? null : encoder.encode(recordKey);

export const partitionKey = (topicId: string, partition: number): string => `${topicId}/${partition}`;

/** A record's value: JSON, so that every door shows it; padded, so that some records are large. */
export function encodeValue(value: number, padBytes: number): Uint8Array {
  return encoder.encode(padBytes === 0 ? String(value) : `[${value},"${'x'.repeat(padBytes)}"]`);
}

export function decodeValue(bytes: Uint8Array | null): number {
  const parsed: unknown = JSON.parse(decoder.decode(bytes ?? encoder.encode('null')));
  return numberIn(parsed);
}

/** The number in a record's value, from its JSON. */
export function numberIn(parsed: unknown): number {
  return Number(Array.isArray(parsed) ? parsed[0] : parsed);
}
