import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { Signer } from '../platform/signer.ts';
import type { PartitionGrant } from './partition-rpc.ts';

/** How long a grant is good for: long enough for one slow call, short enough that a deleted partition stays deleted. */
export const grantLifetimeMs = 60_000;

/** Keeps a signed grant from being taken for any other text that the same secret signs. */
const grantPurpose = 'millrace partition grant v1';

/**
 * The text a grant's signature covers: every other field, as one JSON array. Injective, since JSON tells apart values,
 * nesting and order, and the config's fields are sorted and named.
 */
export function grantText(grant: Omit<PartitionGrant, 'signature'>): string {
  const { ref, config } = grant;
  const numbers = [ref.partition, grant.configVersion, grant.expiresAtMs];
  assert(numbers.every(Number.isSafeInteger), 'numbers of a grant are safe integers');
  const configPairs = Object.entries(config).sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([
    grantPurpose,
    [ref.orgId, ref.clusterId, ref.topicId, ref.partition],
    grant.topic,
    configPairs,
    grant.configVersion,
    grant.expiresAtMs,
  ]);
}

/** Issues a grant; only a cluster's object does. */
export function signGrant(grant: Omit<PartitionGrant, 'signature'>, signer: Signer): PartitionGrant {
  return { ...grant, signature: signer.sign(grantText(grant)) };
}

/**
 * What a partition checks before it believes a grant. WRONG_OBJECT when this platform did not sign it, GRANT_REQUIRED
 * when it is too old: the caller fetches a fresh one.
 */
export function verifyGrant(grant: PartitionGrant, signer: Signer, nowMs: number): Result<null> {
  if (!signer.verify(grantText(grant), grant.signature)) {
    return failed('WRONG_OBJECT', `The grant of partition ${grant.ref.partition} was not issued by this platform.`);
  }
  if (nowMs > grant.expiresAtMs) {
    return failed(
      'GRANT_REQUIRED',
      `The grant of partition ${grant.ref.partition} of topic "${grant.topic}" has expired; fetch a fresh one.`,
      { expired_at_ms: grant.expiresAtMs },
    );
  }
  return ok(null);
}
