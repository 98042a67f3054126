import { permittedAmong } from '../../authorization/access-check.ts';
import {
  type IssuerJson,
  type IssuerListJson,
  issuerPutSchema,
  type MemberJson,
  type MemberListJson,
  memberAlterSchema,
  memberInviteSchema,
} from '../../contracts/people.ts';
import type { Issuer } from '../../tenancy/issuer.ts';
import type { Member } from '../../tenancy/member.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery, text } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

/** As `iss` and `aud` of a token may be; what is longer is no issuer of anybody's. */
const tokenText = text({ min: 0, max: 2_048, absent: '' });

const memberOf = (c: ApiContext) => c.req.param('member') ?? '';

const inviteMember: Handler = async (c) => {
  const body = await readJson(c.req.raw, memberInviteSchema);
  if (!body.ok) return problemAnswer(body.error);
  const invited = await organizationOf(c).inviteMember(c.env.principal.orgId, actorOf(c), body.value);
  return invited.ok ? jsonAnswer(memberJson(invited.value), 201) : problemAnswer(invited.error);
};

const listMembers: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  const listed = await organizationOf(c).listMembers(principal.orgId);
  if (!listed.ok) return problemAnswer(listed.error);
  const access = { operation: 'DESCRIBE', resourceType: 'USER' } as const;
  const shown = permittedAmong(principal, access, listed.value, ({ memberId }) => memberId);
  return jsonAnswer({ members: shown.map(memberJson) } satisfies MemberListJson);
};

const alterMember: Handler = async (c) => {
  const body = await readJson(c.req.raw, memberAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { orgId } = c.env.principal;
  const altered = await organizationOf(c).alterMember(orgId, actorOf(c), memberOf(c), body.value.role);
  return altered.ok ? jsonAnswer(memberJson(altered.value)) : problemAnswer(altered.error);
};

const removeMember: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const removed = await organizationOf(c).removeMember(c.env.principal.orgId, actorOf(c), memberOf(c));
  return removed.ok ? emptyAnswer(204) : problemAnswer(removed.error);
};

const putIssuer: Handler = async (c) => {
  const body = await readJson(c.req.raw, issuerPutSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { issuer, audience, keys_url: keysUrl, algorithms = ['RS256'], checks_emails = false } = body.value;
  const put: Issuer = { issuer, audience, keysUrl, algorithms, hasCheckedEmails: checks_emails };
  const done = await organizationOf(c).putIssuer(c.env.principal.orgId, actorOf(c), put);
  return done.ok ? jsonAnswer(issuerJson(put)) : problemAnswer(done.error);
};

const listIssuers: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const listed = await organizationOf(c).listIssuers(c.env.principal.orgId);
  if (!listed.ok) return problemAnswer(listed.error);
  return jsonAnswer({ issuers: listed.value.map(issuerJson) } satisfies IssuerListJson);
};

const removeIssuer: Handler = async (c) => {
  const query = readQuery(c.req.url, { issuer: tokenText, audience: tokenText });
  if (!query.ok) return problemAnswer(query.error);
  const { issuer, audience } = query.value;
  const removed = await organizationOf(c).removeIssuer(c.env.principal.orgId, actorOf(c), issuer, audience);
  return removed.ok ? emptyAnswer(204) : problemAnswer(removed.error);
};

/** The subject stays behind: it is between the issuer and the platform. */
function memberJson(member: Member): MemberJson {
  return {
    member_id: member.memberId,
    email: member.email,
    role: member.role,
    status: member.subject === null ? 'invited' : 'joined',
    invited_by: member.invitedBy,
    invited_at: member.invitedAtMs,
    issuer: member.issuer,
    joined_at: member.joinedAtMs,
    last_seen_at: member.lastSeenAtMs,
  };
}

function issuerJson({ issuer, audience, keysUrl, algorithms, hasCheckedEmails }: Issuer): IssuerJson {
  return { issuer, audience, keys_url: keysUrl, algorithms: [...algorithms], checks_emails: hasCheckedEmails };
}

export const peopleHandlers = withCredentials({
  inviteMember,
  listMembers,
  alterMember,
  removeMember,
  putIssuer,
  listIssuers,
  removeIssuer,
});
