import { describable } from '../../authorization/access-check.ts';
import { ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { GroupSummary, ListGroupsRequest } from '../../topics/catalog-rpc.ts';
import { encodeCursor, pageCursor } from '../page-cursor.ts';
import { integer, readQuery, text } from '../query.ts';
import type { ApiContext } from '../services.ts';

const listQuery = {
  prefix: text({ min: 0, max: limits.groupIdCharacters.value, absent: '' }),
  limit: integer({ min: 1, max: limits.groupsPerPage.max, absent: limits.groupsPerPage.value }),
  cursor: pageCursor,
};

/** The page of groups of one kind that a request asks for, less those that the caller may not describe. */
export async function listedGroups(
  c: ApiContext,
  kind: ListGroupsRequest['kind'],
): Promise<Result<{ readonly groups: readonly GroupSummary[]; readonly nextCursor: string | null }>> {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return query;
  const { prefix, limit, cursor: after } = query.value;
  const listed = await c.env.catalog.listGroups(c.env.cluster, { kind, prefix, limit, after });
  if (!listed.ok) return listed;
  const { groups, next } = listed.value;
  return ok({
    groups: describable(c.env.principal, 'GROUP', groups, ({ groupId }) => groupId),
    nextCursor: next === null ? null : encodeCursor(next),
  });
}
