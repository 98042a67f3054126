import { permittedAmong } from '../../authorization/access-check.ts';
import { type KeyScope, parseKeyScope } from '../../authorization/key-scopes.ts';
import { type ApiKeyListJson, apiKeyCreateSchema, apiKeyRotateSchema } from '../../contracts/api-keys.ts';
import { ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { encodeCursor, pageCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { integer, readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { apiKeyJson, issuedKeyJson } from './api-key-json.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

/** Long enough to change over what uses the old secret, with a night in between. */
const defaultOverlapMs = 24 * 60 * 60 * 1000;

const keyOf = (c: ApiContext) => c.req.param('key') ?? '';

const createApiKey: Handler = async (c) => {
  const body = await readJson(c.req.raw, apiKeyCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { name, role = null, cluster_id, expires_in_ms = null } = body.value;
  const scopes = readScopes(body.value.scopes ?? []);
  if (!scopes.ok) return problemAnswer(scopes.error);
  const { orgId, clusterId } = c.env.principal;
  const issued = await organizationOf(c).createKey(orgId, actorOf(c), {
    name,
    clusterId: cluster_id ?? clusterId,
    role,
    scopes: scopes.value,
    lifetimeMs: expires_in_ms,
  });
  return issued.ok ? jsonAnswer(issuedKeyJson(issued.value), 201) : problemAnswer(issued.error);
};

function readScopes(texts: readonly string[]): Result<KeyScope[]> {
  const scopes: KeyScope[] = [];
  for (const text of texts) {
    const scope = parseKeyScope(text);
    if (!scope.ok) return scope;
    scopes.push(scope.value);
  }
  return ok(scopes);
}

const listQuery = {
  limit: integer({ min: 1, max: limits.keysPerPage.max, absent: limits.keysPerPage.value }),
  cursor: pageCursor,
};

const listApiKeys: Handler = async (c) => {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  const { limit, cursor: after } = query.value;
  const listed = await organizationOf(c).listKeys(principal.orgId, { after, limit });
  if (!listed.ok) return problemAnswer(listed.error);
  const { keys, next } = listed.value;
  const access = { operation: 'DESCRIBE', resourceType: 'USER' } as const;
  return jsonAnswer({
    keys: permittedAmong(principal, access, keys, ({ keyId }) => keyId).map(apiKeyJson),
    next_cursor: next === null ? null : encodeCursor(next),
  } satisfies ApiKeyListJson);
};

const describeApiKey: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const described = await organizationOf(c).describeKey(c.env.principal.orgId, keyOf(c));
  return described.ok ? jsonAnswer(apiKeyJson(described.value)) : problemAnswer(described.error);
};

const rotateApiKey: Handler = async (c) => {
  const body = await readJson(c.req.raw, apiKeyRotateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { overlap_ms: overlapMs = defaultOverlapMs } = body.value;
  const rotated = await organizationOf(c).rotateKey(c.env.principal.orgId, actorOf(c), keyOf(c), overlapMs);
  return rotated.ok ? jsonAnswer(issuedKeyJson(rotated.value)) : problemAnswer(rotated.error);
};

const revokeApiKey: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const revoked = await organizationOf(c).revokeKey(c.env.principal.orgId, actorOf(c), keyOf(c));
  return revoked.ok ? emptyAnswer(204) : problemAnswer(revoked.error);
};

export const apiKeyHandlers = withCredentials({
  createApiKey,
  listApiKeys,
  describeApiKey,
  rotateApiKey,
  revokeApiKey,
});
