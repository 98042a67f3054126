import { failed, ok, type Result } from '../errors/result.ts';
import { type Caps, checkCap } from '../limits/caps.ts';
import { limits } from '../limits.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { GroupKind, GroupSummary, ListGroupsRequest } from './catalog-rpc.ts';

/** Above every text that begins with the prefix it follows. */
const afterAllCharacters = '\u{10ffff}';

type GroupRow = { group_id: string; kind: string; protocol: string | null; state: string; member_count: number };

/**
 * The cluster's list of groups: who exists, and what each last said. The groups themselves are objects of their own,
 * which a listing does not wake. Writes are called inside a transaction.
 */
export class GroupRegistry {
  readonly #sql: SqlStore;
  readonly #caps: () => readonly Caps[];

  constructor(sql: SqlStore, caps: () => readonly Caps[]) {
    this.#sql = sql;
    this.#caps = caps;
  }

  register(groupId: string, kind: GroupKind): Result<null> {
    const [known] = this.#sql.query<{ kind: string }>('SELECT kind FROM listed_group WHERE group_id = ?', groupId);
    if (known?.kind === kind) return ok(null);
    if (known !== undefined) {
      return failed(
        'INCONSISTENT_GROUP_PROTOCOL',
        `Group ${JSON.stringify(groupId)} is a ${known.kind} group, not a ${kind} group; choose another id.`,
        { kind: known.kind },
      );
    }
    const [row] = this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM listed_group');
    const capped = checkCap('groups', (row?.count ?? 0) + 1, ...this.#caps());
    if (!capped.ok) return capped;
    this.report({ groupId, kind, protocol: null, state: 'empty', memberCount: 0 });
    return ok(null);
  }

  unregister(groupId: string, kind: GroupKind): void {
    this.#sql.run('DELETE FROM listed_group WHERE group_id = ? AND kind = ?', groupId, kind);
  }

  report({ groupId, kind, protocol, state, memberCount }: GroupSummary): void {
    this.#sql.run(
      `INSERT INTO listed_group (group_id, kind, protocol, state, member_count) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (group_id) DO UPDATE SET protocol = excluded.protocol, state = excluded.state,
       member_count = excluded.member_count`,
      groupId,
      kind,
      protocol,
      state,
      memberCount,
    );
  }

  list({ kind, prefix, after, limit }: ListGroupsRequest): Result<{ groups: GroupSummary[]; next: string | null }> {
    const { max } = limits.groupsPerPage;
    if (!Number.isInteger(limit) || limit < 1 || limit > max) {
      return failed('INVALID_REQUEST', `A page of groups holds from 1 to ${max} of them, not ${limit}.`, { max });
    }
    const rows = this.#sql.query<GroupRow>(
      `SELECT group_id, kind, protocol, state, member_count FROM listed_group
       WHERE kind = ? AND group_id >= ? AND group_id < ? AND group_id > ? ORDER BY group_id LIMIT ?`,
      kind,
      prefix,
      `${prefix}${afterAllCharacters}`,
      after ?? '',
      limit + 1,
    );
    const groups = rows.slice(0, limit).map(toSummary);
    return ok({ groups, next: rows.length > limit ? (groups.at(-1)?.groupId ?? null) : null });
  }
}

function toSummary(row: GroupRow): GroupSummary {
  const kind = row.kind === 'share' ? 'share' : 'consumer';
  const protocol = row.protocol === 'classic' || row.protocol === 'consumer' ? row.protocol : null;
  return { groupId: row.group_id, kind, protocol, state: row.state, memberCount: row.member_count };
}
