import type { RecordJson } from '../contracts/record-json.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';

/** Offsets by topic and partition. */
export type OffsetTable = Record<string, Record<string, number>>;

export type GroupCall = {
  readonly member_id: string;
  readonly member_epoch: number;
  readonly instance_id?: string;
};

/** What a member asks for with every call that reads. */
export type GroupWish = {
  readonly topics?: readonly string[];
  readonly topics_pattern?: string;
  readonly assignor?: string;
  readonly session_timeout_ms?: number;
  readonly rebalance_timeout_ms?: number;
  readonly from?: 'earliest' | 'latest';
  readonly max_bytes?: number;
  readonly max_records?: number;
  readonly isolation?: 'read_uncommitted' | 'read_committed';
};

export type GroupMembership = {
  readonly member_id: string;
  readonly member_epoch: number;
  readonly assignment: Readonly<Record<string, readonly number[]>>;
  readonly revoked?: Readonly<Record<string, readonly number[]>>;
  readonly refused?: readonly RefusedCommit[];
  readonly rejoined?: { readonly code: string; readonly message: string };
  readonly session_timeout_ms: number;
  readonly heartbeat_interval_ms: number;
};

/** An offset that was not committed, and why. */
export type RefusedCommit = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly message: string;
};

export type GroupPage = GroupMembership & {
  readonly records: readonly (RecordJson & { readonly topic: string })[];
  readonly positions: OffsetTable;
  readonly gaps?: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly from: number;
    readonly to: number;
    readonly reason: string;
  }[];
};

/** What a long-poll may take on top of its own wait. */
const answerMarginMs = 30_000;

/** The calls of one group's member over HTTP; every one may be repeated as it was. Rejects with a MillraceError. */
export class GroupDoor {
  readonly #door: HttpDoor;
  readonly #path: string;

  constructor(door: HttpDoor, group: string) {
    this.#door = door;
    this.#path = groupPath(group);
  }

  consume(
    call: GroupCall & GroupWish & { readonly commit: OffsetTable; readonly positions: OffsetTable },
    waitMs: number,
    signal: AbortSignal,
  ): Promise<GroupPage> {
    return this.#door.json({
      method: 'POST',
      path: `${this.#path}/consume`,
      // `as: base64`, because in any other rendering 64-bit integers would lose digits in JSON.parse.
      body: jsonBody({ ...call, wait_ms: waitMs, as: 'base64' }),
      timeoutMs: waitMs + answerMarginMs,
      signal,
    });
  }

  heartbeat(call: GroupCall & { readonly commit: OffsetTable }, signal: AbortSignal): Promise<GroupMembership> {
    return this.#post('/heartbeat', call, signal);
  }

  leave(call: GroupCall & { readonly commit: OffsetTable; readonly away: boolean }): Promise<unknown> {
    return this.#post('/leave', call);
  }

  commit(
    call: GroupCall & { readonly offsets: OffsetTable },
    signal: AbortSignal,
  ): Promise<{ readonly refused: readonly RefusedCommit[] }> {
    return this.#post('/offsets', call, signal);
  }

  #post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return this.#door.json({ method: 'POST', path: this.#path + path, body: jsonBody(body), signal });
  }
}

/** `/v1/groups/{group}` with the id escaped. */
export function groupPath(group: string): string {
  return `/v1/groups/${encodeURIComponent(group)}`;
}
