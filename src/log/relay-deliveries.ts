import type { Result } from '../errors/result.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { PartitionRef } from './partition-ref.ts';
import type { Delivery, DeliveryReply } from './partition-rpc.ts';
import type { BatchesRead } from './remote-segment-reader.ts';

/** A delivery carries at most this much; what is behind further than that is read by the relay at its own pace. */
const deliveryBytesMax = 1024 * 1024;

/** How many relays a partition calls itself; more subscribers than these can hold need relays behind relays. */
export const relaysPerPartition = 64;

/** Calls a relay's object. */
export interface RelayCaller {
  deliver(relay: string, delivery: Delivery): Promise<DeliveryReply>;
}

/** What deliveries need of the log. */
export interface DeliverySource {
  readonly nextOffset: number;
  read(offset: number, maxBytes: number): Result<BatchesRead>;
}

type RelayState = {
  /** Registrations bump this, so that a reply about an older one cannot remove the newer. */
  registration: number;
  nextOffset: number;
  isCalling: boolean;
  /** Set until a call has told the relay where the log ends, whether or not that is news to it. */
  mustAnnounce: boolean;
};

/**
 * Tells the registered relays of every flush, in order, one call at a time each. A call that failed is repeated by the
 * next flush or by the object's alarm; a relay never misses offsets silently, since every delivery names its range.
 */
export class RelayDeliveries {
  readonly #sql: SqlStore;
  readonly #caller: RelayCaller;
  readonly #source: DeliverySource;
  readonly #ref: PartitionRef;
  readonly #onFailure: () => void;
  readonly #relays = new Map<string, RelayState>();

  /** `onFailure` is told of each call that failed, whenever that turns out: it is to be repeated soon. */
  constructor(ports: {
    sql: SqlStore;
    caller: RelayCaller;
    source: DeliverySource;
    ref: PartitionRef;
    onFailure: () => void;
  }) {
    this.#sql = ports.sql;
    this.#caller = ports.caller;
    this.#source = ports.source;
    this.#ref = ports.ref;
    this.#onFailure = ports.onFailure;
    // After a restart every relay is told of an empty range at the end, so that it notices what it missed.
    for (const row of this.#sql.query<{ name: string }>('SELECT name FROM relays')) {
      this.#relays.set(row.name, {
        registration: 0,
        nextOffset: this.#source.nextOffset,
        isCalling: false,
        mustAnnounce: false,
      });
    }
  }

  get hasRelays(): boolean {
    return this.#relays.size > 0;
  }

  /** False when the partition already serves as many relays as it may. */
  register(relay: string): boolean {
    const known = this.#relays.get(relay);
    if (known === undefined && this.#relays.size >= relaysPerPartition) return false;
    // Written every time: an instance that was replaced may know a relay that the present one has forgotten, and its
    // answer, which waits for the write, must not leave.
    this.#sql.transaction(() => this.#sql.run('INSERT OR REPLACE INTO relays VALUES (?)', relay));
    if (known !== undefined) {
      known.registration += 1;
      return true;
    }
    this.#relays.set(relay, {
      registration: 0,
      nextOffset: this.#source.nextOffset,
      isCalling: false,
      mustAnnounce: false,
    });
    return true;
  }

  unregister(relay: string): void {
    if (!this.#relays.delete(relay)) return;
    this.#sql.transaction(() => this.#sql.run('DELETE FROM relays WHERE name = ?', relay));
  }

  /** Calls every relay that is behind and not being called. */
  deliver(): void {
    for (const [name, relay] of this.#relays) {
      if (!relay.isCalling && this.#hasNews(relay)) void this.#call(name, relay);
    }
  }

  /** Tells every relay where the log ends even if nothing is new to it: after a restart, and when the topic is closed. */
  announce(): void {
    for (const relay of this.#relays.values()) relay.mustAnnounce = true;
    this.deliver();
  }

  /** Tells every relay that nothing more comes: what it was not told yet is being deleted, so it is not read any more. */
  announceEnd(): void {
    for (const relay of this.#relays.values()) relay.nextOffset = this.#source.nextOffset;
    this.announce();
  }

  #hasNews(relay: RelayState): boolean {
    return relay.mustAnnounce || relay.nextOffset < this.#source.nextOffset;
  }

  async #call(name: string, relay: RelayState): Promise<void> {
    relay.isCalling = true;
    const { registration } = relay;
    const from = relay.nextOffset;
    const to = this.#source.nextOffset;
    // Only an empty range makes a relay look again; news goes before it.
    if (from >= to) relay.mustAnnounce = false;
    const read = from < to ? this.#source.read(from, deliveryBytesMax) : null;
    // What is more, or cannot be read, the relay asks for itself.
    const isWhole = read?.ok === true && read.value.nextOffset === to;
    const delivery = { ref: this.#ref, from, to, batches: isWhole ? read.value.batches : null };
    try {
      const reply = await this.#caller.deliver(name, delivery);
      relay.isCalling = false;
      relay.nextOffset = Math.max(relay.nextOffset, to);
      if (!reply.subscribed && relay.registration === registration) this.unregister(name);
      else this.deliver();
    } catch {
      // The relay's object was being moved or reset: the next flush or the alarm calls it again.
      relay.isCalling = false;
      relay.mustAnnounce ||= from >= to;
      this.#onFailure();
    }
  }
}
