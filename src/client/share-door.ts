import type { ShareAcknowledgedJson } from '../contracts/share-groups.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';
import { shareGroupPath } from './share-groups.ts';
import type { SharedRecordJson } from './shared-record.ts';

/** Who acquires, and how much at once. */
export type ShareMember = {
  readonly group: string;
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly maxRecords: number;
  readonly maxBytes?: number | undefined;
};

export type Acquired = { readonly lock_duration_ms: number; readonly records: readonly SharedRecordJson[] };

export type ShareEntry = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly lock_id: string;
  readonly type: string;
  readonly delay_ms: number | undefined;
};

/** How one member of a share group reaches the platform. Rejects with a MillraceError; every call may be repeated. */
export interface ShareDoor {
  /** Locks records for the member; with none to be had it waits that long for some. */
  acquire(waitMs: number, signal: AbortSignal): Promise<Acquired>;
  /** One result an entry, in their order. */
  acknowledge(entries: readonly ShareEntry[]): Promise<ShareAcknowledgedJson>;
  leave(): Promise<void>;
}

/** What a long-poll may take on top of its own wait. */
const answerMarginMs = 30_000;

/** A plain call each time, so that any server can answer any of them. */
export class HttpShareDoor implements ShareDoor {
  readonly #door: HttpDoor;
  readonly #member: ShareMember;
  readonly #path: string;

  constructor(door: HttpDoor, member: ShareMember) {
    this.#door = door;
    this.#member = member;
    this.#path = shareGroupPath(member.group);
  }

  acquire(waitMs: number, signal: AbortSignal): Promise<Acquired> {
    const { memberId, topics, maxRecords, maxBytes } = this.#member;
    return this.#door.json({
      method: 'POST',
      path: `${this.#path}/acquire`,
      body: jsonBody({
        member_id: memberId,
        topics,
        max_records: maxRecords,
        max_bytes: maxBytes,
        wait_ms: waitMs,
        // In any other rendering 64-bit integers would lose digits in JSON.parse.
        as: 'base64',
      }),
      timeoutMs: waitMs + answerMarginMs,
      signal,
    });
  }

  acknowledge(acknowledgements: readonly ShareEntry[]): Promise<ShareAcknowledgedJson> {
    return this.#door.json({
      method: 'POST',
      path: `${this.#path}/acknowledge`,
      body: jsonBody({ acknowledgements }),
    });
  }

  async leave(): Promise<void> {
    await this.#door.empty({
      method: 'POST',
      path: `${this.#path}/leave`,
      body: jsonBody({ member_id: this.#member.memberId }),
    });
  }
}
