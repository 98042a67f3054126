import type { Principal } from '../authorization/principal.ts';
import { isSuperRole, type Role } from '../authorization/roles.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { type Caps, checkCap } from '../limits/caps.ts';
import { limits } from '../limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { AclStore } from './acl-store.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import { unknownCredential } from './authentication-failure.ts';
import type { RandomBytes } from './base62.ts';
import { checkIssuer, type Issuer } from './issuer.ts';
import { lastOwner } from './last-owner.ts';
import { lastSeenGrainMs, type Member, readEmail, type VerifiedIdentity } from './member.ts';
import { MemberStore } from './member-store.ts';
import { issueId } from './organization-ref.ts';
import type { Actor } from './organization-rpc.ts';
import type { OrganizationRecord } from './organization-store.ts';
import { mayGive, memberPrincipal, principalIdOf, type UseStanding } from './principals.ts';

export type MemberPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** How many there may be of what is created here. */
  readonly caps: () => readonly Caps[];
  readonly audit: AuditSink;
  /** Says that the issuer's tokens for its audience are of this organization; refused when they are another's. */
  readonly claimIssuer: (issuer: Issuer) => Promise<Result<unknown>>;
  /** They are nobody's any more. */
  readonly releaseIssuer: (issuer: string, audience: string) => Promise<Result<unknown>>;
};

/** What members need to know of their organization, read when it is needed. */
export type MemberSurroundings = {
  readonly acls: AclStore;
  readonly standing: () => Pick<OrganizationRecord, 'orgId' | 'epoch' | 'origins' | 'quotas'> & UseStanding;
  /** Clusters that can be worked in, the oldest first. */
  readonly openClusters: () => readonly string[];
  /** Makes what edges remember stale: part of the transaction that changes what somebody may do. */
  readonly advanceEpoch: () => void;
  /** The same where rights are taken: whoever holds sockets looks again. */
  readonly takeRights: () => void;
  /** Whether a key of an owner's is good until somebody revokes it. */
  readonly hasOwningKey: () => boolean;
  /** Has the directory told whether the issuer's audience is the organization's: part of a transaction. */
  readonly queueSettling: (issuer: string, audience: string) => void;
};

/** The people of an organization, and who vouches for them. */
export class Members {
  readonly #ports: MemberPorts;
  readonly #around: MemberSurroundings;
  readonly #store: MemberStore;

  constructor(ports: MemberPorts, around: MemberSurroundings) {
    this.#ports = ports;
    this.#around = around;
    this.#store = new MemberStore(ports.sql);
  }

  invite(actor: Actor, request: { readonly email: string; readonly role: Role }): Result<Member> {
    const email = readEmail(request.email);
    if (!email.ok) return email;
    if (!mayGive(actor.principal, { role: request.role, scopes: [] })) return mayNotGive(actor);
    return this.#ports.sql.transaction(() => {
      if (this.#store.findByEmail(email.value) !== null) {
        return failed('RESOURCE_ALREADY_EXISTS', `${email.value} is a member already, or invited; alter the role.`);
      }
      const capped = checkCap('members', this.#store.count() + 1, ...this.#ports.caps());
      if (!capped.ok) return capped;
      const member: Member = {
        memberId: `mrm_${issueId(this.#ports.randomBytes)}`,
        email: email.value,
        role: request.role,
        invitedBy: actor.principal.id,
        invitedAtMs: this.#ports.clock.nowMs(),
        issuer: null,
        subject: null,
        joinedAtMs: null,
        lastSeenAtMs: null,
      };
      this.#store.insert(member);
      this.#record(actor, 'members.invite', principalIdOf(member.memberId));
      return ok(member);
    });
  }

  alter(actor: Actor, memberId: string, role: Role): Result<Member> {
    return this.#change(actor, memberId, role, (member) => {
      this.#store.alter(memberId, role);
      this.#record(actor, 'members.alter', principalIdOf(memberId));
      return { ...member, role };
    });
  }

  remove(actor: Actor, memberId: string): Result<null> {
    return this.#change(actor, memberId, null, () => {
      this.#store.delete(memberId);
      this.#record(actor, 'members.remove', principalIdOf(memberId));
      return null;
    });
  }

  list(): Member[] {
    return this.#store.list();
  }

  /**
   * Claims the issuer's audience, then enters it. The errand of before the claim releases what came to nothing: it asks
   * what holds when it is done, as does the one of after it.
   */
  async putIssuer(actor: Actor, issuer: Issuer): Promise<Result<null>> {
    const checked = checkIssuer(issuer);
    if (!checked.ok) return checked;
    if (!mayVouch(actor)) return mayNotVouch(actor);
    const refused = this.#refuseIssuer(issuer);
    if (refused !== null) return refused;
    this.#ports.sql.transaction(() => this.#around.queueSettling(issuer.issuer, issuer.audience));
    const claimed = await this.#claim(issuer);
    if (!claimed.ok) return claimed;
    return this.#ports.sql.transaction(() => {
      const late = this.#refuseIssuer(issuer);
      this.#around.queueSettling(issuer.issuer, issuer.audience);
      if (late !== null) return late;
      this.#store.putIssuer(issuer);
      this.#around.advanceEpoch();
      this.#record(actor, 'issuers.put', issuer.issuer);
      return ok(null);
    });
  }

  /** Nobody signs in by it any more, and who has is asked about again. */
  removeIssuer(actor: Actor, issuer: string, audience: string): Result<null> {
    return this.#ports.sql.transaction(() => {
      if (!mayVouch(actor)) return mayNotVouch(actor);
      if (this.findIssuer(issuer, audience) === null) {
        return failed('UNKNOWN_RESOURCE', 'The organization has no such issuer with this audience.');
      }
      if (!this.#keepsOwner({ issuer, audience })) return lastOwner('Make a key with the role of an owner before.');
      this.#store.deleteIssuer(issuer, audience);
      this.#around.takeRights();
      this.#around.queueSettling(issuer, audience);
      this.#record(actor, 'issuers.remove', issuer);
      return ok(null);
    });
  }

  /** Whether somebody who has signed in, and still can, is an owner. */
  hasOwner(
    without: { readonly memberId?: string; readonly issuer?: string; readonly audience?: string } = {},
  ): boolean {
    const left = this.issuers().filter((one) => one.issuer !== without.issuer || one.audience !== without.audience);
    return this.#store
      .list()
      .some(
        (member) =>
          isSuperRole(member.role) &&
          member.memberId !== without.memberId &&
          left.some(({ issuer }) => issuer === member.issuer),
      );
  }

  issuers(): Issuer[] {
    return this.#store.issuers();
  }

  findIssuer(issuer: string, audience: string): Issuer | null {
    return this.issuers().find((one) => one.issuer === issuer && one.audience === audience) ?? null;
  }

  /** Tells the directory what holds of the issuer and audience (JSON) now: it may have been put again since. */
  settleIssuer(target: string): Promise<Result<unknown>> {
    const [name, audience] = JSON.parse(target) as [string, string];
    const issuer = this.findIssuer(name, audience);
    return issuer === null ? this.#ports.releaseIssuer(name, audience) : this.#ports.claimIssuer(issuer);
  }

  /** Who signs in. An invitation becomes a member with the first sign-in by an address that the issuer has checked. */
  resolve(identity: VerifiedIdentity, clusterId: string | null): Result<Principal> {
    const { issuer, audience, subject, email } = identity;
    const nowMs = this.#ports.clock.nowMs();
    return this.#ports.sql.transaction(() => {
      if (this.findIssuer(issuer, audience) === null) return unknownCredential();
      const known = this.#store.findBySubject(issuer, subject);
      const invited = known === null && email !== null ? this.#store.findByEmail(email) : null;
      const member = known ?? (invited?.subject === null ? invited : null);
      if (member === null) return unknownCredential();
      const open = this.#around.openClusters();
      const chosen = clusterId === null ? open[0] : open.find((one) => one === clusterId);
      if (chosen === undefined) return unknownCluster(clusterId);
      const principal = this.#principal(member, chosen);
      if (known === null) {
        this.#store.join(member.memberId, issuer, subject, nowMs);
        this.#record({ principal, host: null }, 'members.join', principal.id);
      }
      if (nowMs - (member.lastSeenAtMs ?? 0) >= lastSeenGrainMs) this.#store.noteSeen(member.memberId, nowMs);
      return ok(principal);
    });
  }

  /** The principal of a member who has signed in, by its id; null when nobody has. */
  principalOf(memberId: string, clusterId: string): Principal | null {
    const member = this.#store.find(memberId);
    if (member === null || member.subject === null || !this.#around.openClusters().includes(clusterId)) return null;
    // Who signed in by an issuer that is gone signs in by another, as the same person or not at all.
    const isVouchedFor = this.issuers().some(({ issuer }) => issuer === member.issuer);
    return isVouchedFor ? this.#principal(member, clusterId) : null;
  }

  #principal(member: Member, clusterId: string): Principal {
    return memberPrincipal(member, clusterId, { ...this.#around.standing(), acls: this.#around.acls });
  }

  /** Whoever changes a member may have all the rights that the member has, and will have. */
  #change<T>(actor: Actor, memberId: string, role: Role | null, apply: (member: Member) => T): Result<T> {
    return this.#ports.sql.transaction(() => {
      const member = this.#store.find(memberId);
      if (member === null) {
        return failed('UNKNOWN_RESOURCE', `There is no member ${JSON.stringify(memberId.slice(0, 100))}.`);
      }
      const given = role === null ? [member.role] : [member.role, role];
      if (!given.every((one) => mayGive(actor.principal, { role: one, scopes: [] }))) return mayNotGive(actor);
      const isLeaving = isSuperRole(member.role) && (role === null || !isSuperRole(role));
      if (isLeaving && !this.#keepsOwner({ memberId })) return lastOwner('Make somebody else an owner before.');
      this.#around.takeRights();
      return ok(apply(member));
    });
  }

  /** True as well when there is none now: nothing is lost then. */
  #keepsOwner(without: Parameters<Members['hasOwner']>[0]): boolean {
    return this.#around.hasOwningKey() || this.hasOwner(without) || !this.hasOwner();
  }

  async #claim(issuer: Issuer): Promise<Result<unknown>> {
    try {
      return await this.#ports.claimIssuer(issuer);
    } catch {
      return failed('OVERLOADED', 'The directory of the platform could not be asked whose the issuer is. Try again.');
    }
  }

  #refuseIssuer({ issuer, audience }: Issuer): Result<never> | null {
    const max = limits.issuersPerOrganization.value;
    if (this.findIssuer(issuer, audience) !== null || this.issuers().length < max) return null;
    return failed('LIMIT_REACHED', `The organization has ${max} issuers, which is the most.`, { max });
  }

  #record(actor: Actor, action: string, resource: string): void {
    this.#ports.audit.record(auditEvent(actor, { atMs: this.#ports.clock.nowMs(), action, resource }));
  }
}

function mayNotGive({ principal }: Actor): Result<never> {
  return failed(
    'CLUSTER_AUTHORIZATION_FAILED',
    `${principal.id} may not give or take a role with rights that it does not have itself.`,
  );
}

/** Whoever says who vouches for members could be any of them. */
const mayVouch = ({ principal }: Actor): boolean => mayGive(principal, { role: 'owner', scopes: [] });

function mayNotVouch({ principal }: Actor): Result<never> {
  return failed(
    'CLUSTER_AUTHORIZATION_FAILED',
    `${principal.id} may not say who vouches for members: that is for owners, since an issuer speaks for them too.`,
  );
}

function unknownCluster(clusterId: string | null): Result<never> {
  const named = clusterId === null ? 'any more' : JSON.stringify(clusterId.slice(0, 100));
  return failed('UNKNOWN_RESOURCE', `The organization has no cluster ${named}; see Millrace-Cluster.`);
}
