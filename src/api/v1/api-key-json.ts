import { formatKeyScope } from '../../authorization/key-scopes.ts';
import type { ApiKeyJson, IssuedApiKeyJson } from '../../contracts/api-keys.ts';
import type { ApiKeyDescription, IssuedApiKey } from '../../tenancy/organization-rpc.ts';

/** An API key as the API shows it. */
export function apiKeyJson(key: ApiKeyDescription): ApiKeyJson {
  return {
    key_id: key.keyId,
    cluster_id: key.clusterId,
    name: key.name,
    role: key.role,
    scopes: key.scopes.map(formatKeyScope),
    status: key.status,
    created_by: key.createdBy,
    created_at: key.createdAtMs,
    expires_at: key.expiresAtMs,
    last_used_at: key.lastUsedAtMs,
    secrets: key.secrets.map(({ last4, createdAtMs, expiresAtMs }) => ({
      last4,
      created_at: createdAtMs,
      expires_at: expiresAtMs,
    })),
  };
}

/** A key with its new secret, this once. */
export function issuedKeyJson({ key, text }: IssuedApiKey): IssuedApiKeyJson {
  return { ...apiKeyJson(key), api_key: text };
}
