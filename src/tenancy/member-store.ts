import type { Role } from '../authorization/roles.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { Issuer } from './issuer.ts';
import type { Member } from './member.ts';

type MemberRow = {
  member_id: string;
  email: string;
  role: string;
  invited_by: string;
  invited_at_ms: number;
  issuer: string | null;
  subject: string | null;
  joined_at_ms: number | null;
  last_seen_at_ms: number | null;
};

type IssuerRow = {
  issuer: string;
  audience: string;
  keys_url: string;
  algorithms: string;
  has_checked_emails: number;
};

/** Members and issuers of an organization: SQL only, no decisions. Writes are called inside a transaction. */
export class MemberStore {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  insert({ memberId, email, role, invitedBy, invitedAtMs }: Member): void {
    this.#sql.run(
      'INSERT INTO member VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)',
      memberId,
      email,
      role,
      invitedBy,
      invitedAtMs,
    );
  }

  list(): Member[] {
    return this.#sql.query<MemberRow>('SELECT * FROM member ORDER BY member_id').map(memberOf);
  }

  count(): number {
    return this.#sql.query<{ count: number }>('SELECT COUNT(*) AS count FROM member')[0]?.count ?? 0;
  }

  find(memberId: string): Member | null {
    return this.#one('SELECT * FROM member WHERE member_id = ?', memberId);
  }

  findByEmail(email: string): Member | null {
    return this.#one('SELECT * FROM member WHERE email = ?', email);
  }

  findBySubject(issuer: string, subject: string): Member | null {
    return this.#one('SELECT * FROM member WHERE issuer = ? AND subject = ?', issuer, subject);
  }

  join(memberId: string, issuer: string, subject: string, nowMs: number): void {
    this.#sql.run(
      'UPDATE member SET issuer = ?, subject = ?, joined_at_ms = ? WHERE member_id = ?',
      issuer,
      subject,
      nowMs,
      memberId,
    );
  }

  noteSeen(memberId: string, nowMs: number): void {
    this.#sql.run('UPDATE member SET last_seen_at_ms = ? WHERE member_id = ?', nowMs, memberId);
  }

  alter(memberId: string, role: Role): void {
    this.#sql.run('UPDATE member SET role = ? WHERE member_id = ?', role, memberId);
  }

  delete(memberId: string): void {
    this.#sql.run('DELETE FROM member WHERE member_id = ?', memberId);
  }

  putIssuer({ issuer, audience, keysUrl, algorithms, hasCheckedEmails }: Issuer): void {
    this.#sql.run(
      `INSERT INTO issuer VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (issuer, audience) DO UPDATE
       SET keys_url = excluded.keys_url, algorithms = excluded.algorithms,
           has_checked_emails = excluded.has_checked_emails`,
      issuer,
      audience,
      keysUrl,
      JSON.stringify(algorithms),
      hasCheckedEmails ? 1 : 0,
    );
  }

  deleteIssuer(issuer: string, audience: string): void {
    this.#sql.run('DELETE FROM issuer WHERE issuer = ? AND audience = ?', issuer, audience);
  }

  issuers(): Issuer[] {
    return this.#sql.query<IssuerRow>('SELECT * FROM issuer ORDER BY issuer, audience').map((row) => ({
      issuer: row.issuer,
      audience: row.audience,
      keysUrl: row.keys_url,
      algorithms: JSON.parse(row.algorithms) as Issuer['algorithms'],
      hasCheckedEmails: row.has_checked_emails === 1,
    }));
  }

  #one(query: string, ...values: readonly string[]): Member | null {
    const [row] = this.#sql.query<MemberRow>(query, ...values);
    return row === undefined ? null : memberOf(row);
  }
}

function memberOf(row: MemberRow): Member {
  return {
    memberId: row.member_id,
    email: row.email,
    role: row.role as Role,
    invitedBy: row.invited_by,
    invitedAtMs: row.invited_at_ms,
    issuer: row.issuer,
    subject: row.subject,
    joinedAtMs: row.joined_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}
