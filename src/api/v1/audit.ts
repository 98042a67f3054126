import type { AuditListJson } from '../../contracts/audit.ts';
import { type Failed, failed, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { AuditPage, ListAuditRequest } from '../../tenancy/audit-log.ts';
import type { OrganizationRpc } from '../../tenancy/organization-rpc.ts';
import { jsonAnswer } from '../answers.ts';
import { encodeCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { integer, oneOf, type QueryParameter, readQuery, text } from '../query.ts';
import type { Handler } from '../services.ts';
import { organizationOf, withCredentials } from './organization-access.ts';

/** While a reader waits, its organization is asked this often. */
const lookAgainMs = 1_000;

/** A cursor is the last entry that was looked at. */
const cursor: QueryParameter<number | null> = {
  parse: (given) => {
    if (!/^[\w-]{1,24}$/.test(given)) return undefined;
    const [, digits] = /^(\d{1,15})$/.exec(decode(given)) ?? [];
    return digits === undefined ? undefined : Number(digits);
  },
  allowed: 'the next_cursor of the page before',
  absent: null,
};

function decode(given: string): string {
  try {
    return atob(given.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}

const filterText = text({ min: 1, max: 400, absent: undefined });

const listQuery = {
  order: oneOf(['newest', 'oldest'], 'newest'),
  principal: filterText,
  action: filterText,
  outcome: oneOf(['done', 'attempted', 'refused'], undefined),
  limit: integer({
    min: 1,
    max: limits.auditEntriesPerPage.max,
    absent: limits.auditEntriesPerPage.value,
  }),
  cursor,
  after: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }),
  wait_ms: integer({ min: 0, max: limits.readWaitMs.max, absent: limits.readWaitMs.value }),
};

const listAudit: Handler = async (c) => {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { order, principal = null, action = null, outcome = null, limit, cursor, after, wait_ms: waitMs } = query.value;
  if (order === 'newest' && (after !== undefined || waitMs > 0)) return problemAnswer(onlyForwards().error);
  if (cursor !== null && after !== undefined) return problemAnswer(onePlace().error);
  const request = { filter: { principal, action, outcome }, order, after: cursor ?? after ?? null, limit };
  const listed = await readAudit(organizationOf(c), c.env.principal.orgId, request, waitMs);
  if (!listed.ok) return problemAnswer(listed.error);
  const { entries, head, next } = listed.value;
  return jsonAnswer({
    entries: [...entries],
    head,
    next_cursor: next === null ? null : encodeCursor(String(next)),
  } satisfies AuditListJson);
};

/** Looks until there is something to answer, or as often as the time allows. */
async function readAudit(
  organization: Pick<OrganizationRpc, 'listAudit'>,
  orgId: string,
  request: ListAuditRequest,
  waitMs: number,
): Promise<Result<AuditPage>> {
  for (let leftMs = waitMs; ; leftMs -= lookAgainMs) {
    const listed = await organization.listAudit(orgId, request);
    if (!listed.ok || listed.value.entries.length > 0 || listed.value.next !== null || leftMs <= 0) return listed;
    await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, lookAgainMs)));
  }
}

const onlyForwards = (): Failed =>
  failed('INVALID_REQUEST', 'after and wait_ms go on from an entry to the later ones: read with order=oldest.');

const onePlace = (): Failed => failed('INVALID_REQUEST', 'cursor and after both say where to go on; give one of them.');

export const auditHandlers = withCredentials({ listAudit });
