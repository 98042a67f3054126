import type { RecordJson } from '../contracts/record-json.ts';
import { ConsumedRecord } from './consumed-record.ts';
import { Base64Source } from './record-json-source.ts';

/** A record as an acquisition answers it, rendered as base64. */
export type SharedRecordJson = RecordJson & {
  readonly topic: string;
  readonly lock_id: string;
  readonly delivery_count: number;
};

/** What became of a record: `held` until something is decided. */
export type ShareDecision = 'held' | 'accept' | 'release' | 'reject';

/** A record that is locked for this member. What is decided is sent with the next call. */
export class SharedRecord extends ConsumedRecord {
  /** How often it was delivered, this time included. */
  readonly deliveryCount: number;
  readonly lockId: string;
  #decision: ShareDecision = 'held';
  #delayMs: number | undefined;

  constructor(json: SharedRecordJson) {
    super(json.topic, json.partition, json.offset, json.timestamp, new Base64Source(json));
    this.deliveryCount = json.delivery_count;
    this.lockId = json.lock_id;
  }

  get decision(): ShareDecision {
    return this.#decision;
  }

  get delayMs(): number | undefined {
    return this.#delayMs;
  }

  /** It is dealt with. The first decision counts; later ones change nothing. */
  accept(): void {
    if (this.#decision === 'held') this.#decision = 'accept';
  }

  /** Any member may have it again, after the group's delay or this one. */
  release({ delayMs }: { readonly delayMs?: number } = {}): void {
    if (this.#decision !== 'held') return;
    this.#decision = 'release';
    this.#delayMs = delayMs;
  }

  /** It can never be dealt with: to the dead-letter topic, if the group has one. */
  reject(): void {
    if (this.#decision === 'held') this.#decision = 'reject';
  }
}
