import type { AuditListJson } from '../../contracts/audit.ts';
import { limits } from '../../limits.ts';
import { jsonAnswer } from '../answers.ts';
import { encodeCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { integer, oneOf, type QueryParameter, readQuery, text } from '../query.ts';
import type { Handler } from '../services.ts';
import { organizationOf, withCredentials } from './organization-access.ts';

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
};

const listAudit: Handler = async (c) => {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { order, principal = null, action = null, outcome = null, limit, cursor: after } = query.value;
  const request = { filter: { principal, action, outcome }, order, after, limit };
  const listed = await organizationOf(c).listAudit(c.env.principal.orgId, request);
  if (!listed.ok) return problemAnswer(listed.error);
  const { entries, head, next } = listed.value;
  return jsonAnswer({
    entries: [...entries],
    head,
    next_cursor: next === null ? null : encodeCursor(String(next)),
  } satisfies AuditListJson);
};

export const auditHandlers = withCredentials({ listAudit });
