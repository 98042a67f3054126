import { permittedAmong } from '../../authorization/access-check.ts';
import { checkCapabilities } from '../../authorization/token-capabilities.ts';
import {
  type IssuedSigningSecretJson,
  type SigningSecretJson,
  type SigningSecretListJson,
  signingSecretCreateSchema,
  type TokenJson,
  tokenCreateSchema,
} from '../../contracts/browser-tokens.ts';
import { failed } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { SigningSecret } from '../../tenancy/signing-secret.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

const notAKey = failed(
  'CLUSTER_AUTHORIZATION_FAILED',
  'A browser token narrows an API key: ask for it with one. A token makes no other token.',
);

const createToken: Handler = async (c) => {
  const { principal, clock, tenancy } = c.env;
  if (principal.kind !== 'key' || principal.keyId === null) return problemAnswer(notAKey.error);
  const body = await readJson(c.req.raw, tokenCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { cap, sub, ttl_ms: ttlMs = limits.browserTokenLifetimeMs.value } = body.value;
  const checked = checkCapabilities(cap);
  if (!checked.ok) return problemAnswer(checked.error);
  const exp = Math.floor((clock.nowMs() + ttlMs) / 1000);
  const token = tenancy.signToken(principal.keyId, { exp, cap, ...(sub === undefined ? {} : { sub }) });
  return jsonAnswer({ token, expires_at: exp * 1000 } satisfies TokenJson, 201);
};

const createSigningSecret: Handler = async (c) => {
  const body = await readJson(c.req.raw, signingSecretCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { name, key_id: keyId } = body.value;
  const created = await organizationOf(c).createSigningSecret(c.env.principal.orgId, actorOf(c), { name, keyId });
  if (!created.ok) return problemAnswer(created.error);
  const { signingSecret, secret } = created.value;
  return jsonAnswer({ ...secretJson(signingSecret), secret } satisfies IssuedSigningSecretJson, 201);
};

const listSigningSecrets: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  const listed = await organizationOf(c).listSigningSecrets(principal.orgId);
  if (!listed.ok) return problemAnswer(listed.error);
  const access = { operation: 'DESCRIBE', resourceType: 'USER' } as const;
  const shown = permittedAmong(principal, access, listed.value, ({ keyId }) => keyId);
  return jsonAnswer({ signing_secrets: shown.map(secretJson) } satisfies SigningSecretListJson);
};

const revokeSigningSecret: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const id = c.req.param('signing_secret') ?? '';
  const revoked = await organizationOf(c).revokeSigningSecret(c.env.principal.orgId, actorOf(c), id);
  return revoked.ok ? emptyAnswer(204) : problemAnswer(revoked.error);
};

function secretJson(secret: SigningSecret): SigningSecretJson {
  return {
    signing_secret_id: secret.signingSecretId,
    key_id: secret.keyId,
    name: secret.name,
    created_by: secret.createdBy,
    created_at: secret.createdAtMs,
    revoked_at: secret.revokedAtMs,
  };
}

export const tokenHandlers = withCredentials({
  createToken,
  createSigningSecret,
  listSigningSecrets,
  revokeSigningSecret,
});
