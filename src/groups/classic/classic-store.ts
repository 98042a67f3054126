import type { SqlStore } from '../../platform/sql-store.ts';
import {
  type ClassicMember,
  type ClassicPhase,
  type ClassicProtocol,
  type ClassicState,
  emptyClassicGroup,
} from './classic-state.ts';

type GroupRow = {
  phase: ClassicPhase;
  generation_id: number;
  protocol_type: string | null;
  protocol_name: string | null;
  leader_id: string | null;
};

type MemberRow = {
  member_id: string;
  instance_id: string | null;
  client_id: string;
  session_timeout_ms: number;
  rebalance_timeout_ms: number;
  assignment: Uint8Array;
};

type ProtocolRow = { member_id: string; name: string; metadata: Uint8Array };

/** The rows of members of the classic protocol: SQL only, no decisions. */
export class ClassicStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /** A generation that was on its way is begun anew: nobody waits for it any more. */
  load(): ClassicState {
    const [row] = this.#sql.query<GroupRow>('SELECT * FROM classic_group');
    if (row === undefined) return emptyClassicGroup;
    const protocols = Map.groupBy(
      this.#sql.query<ProtocolRow>(
        'SELECT member_id, name, metadata FROM classic_protocol ORDER BY member_id, preference',
      ),
      ({ member_id }) => member_id,
    );
    const members = this.#sql
      .query<MemberRow>('SELECT * FROM classic_member ORDER BY joined')
      .map((member) => toMember(member, protocols.get(member.member_id) ?? []));
    return {
      ...emptyClassicGroup,
      phase: row.phase === 'completing' ? 'preparing' : row.phase,
      generationId: row.generation_id,
      protocolType: row.protocol_type,
      protocolName: row.protocol_name,
      leaderId: row.leader_id,
      members: new Map(members.map((member) => [member.memberId, member])),
    };
  }

  /** Writes what differs between two states, and nothing of what is in memory only. */
  save(before: ClassicState, after: ClassicState): void {
    if (before === after) return;
    if (!isSameRow(before, after)) {
      this.#sql.run(
        'INSERT OR REPLACE INTO classic_group VALUES (1, ?, ?, ?, ?, ?)',
        after.phase,
        after.generationId,
        after.protocolType,
        after.protocolName,
        after.leaderId,
      );
    }
    for (const memberId of before.members.keys()) {
      if (after.members.has(memberId)) continue;
      this.#sql.run('DELETE FROM classic_member WHERE member_id = ?', memberId);
      this.#sql.run('DELETE FROM classic_protocol WHERE member_id = ?', memberId);
    }
    for (const [memberId, member] of after.members) this.#saveMember(before.members.get(memberId) ?? null, member);
  }

  #saveMember(before: ClassicMember | null, after: ClassicMember): void {
    if (before === null || !isSameMember(before, after)) {
      this.#sql.run(
        `INSERT INTO classic_member SELECT ?, ?, ?, ?, ?, ?, coalesce(max(joined), 0) + 1 FROM classic_member WHERE true
         ON CONFLICT (member_id) DO UPDATE SET instance_id = excluded.instance_id, client_id = excluded.client_id,
         session_timeout_ms = excluded.session_timeout_ms, rebalance_timeout_ms = excluded.rebalance_timeout_ms,
         assignment = excluded.assignment`,
        after.memberId,
        after.instanceId,
        after.clientId,
        after.sessionTimeoutMs,
        after.rebalanceTimeoutMs,
        after.assignment,
      );
    }
    if (before?.protocols === after.protocols) return;
    this.#sql.run('DELETE FROM classic_protocol WHERE member_id = ?', after.memberId);
    for (const [preference, { name, metadata }] of after.protocols.entries()) {
      this.#sql.run('INSERT INTO classic_protocol VALUES (?, ?, ?, ?)', after.memberId, preference, name, metadata);
    }
  }
}

const isSameRow = (one: ClassicState, other: ClassicState): boolean =>
  one.phase === other.phase &&
  one.generationId === other.generationId &&
  one.protocolType === other.protocolType &&
  one.protocolName === other.protocolName &&
  one.leaderId === other.leaderId;

const isSameMember = (one: ClassicMember, other: ClassicMember): boolean =>
  one.instanceId === other.instanceId &&
  one.clientId === other.clientId &&
  one.sessionTimeoutMs === other.sessionTimeoutMs &&
  one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
  one.assignment === other.assignment;

function toMember(row: MemberRow, protocols: readonly ProtocolRow[]): ClassicMember {
  return {
    memberId: row.member_id,
    instanceId: row.instance_id,
    clientId: row.client_id,
    sessionTimeoutMs: row.session_timeout_ms,
    rebalanceTimeoutMs: row.rebalance_timeout_ms,
    protocols: protocols.map(({ name, metadata }): ClassicProtocol => ({ name, metadata })),
    assignment: row.assignment,
    isJoining: false,
    hasSynced: true,
  };
}
