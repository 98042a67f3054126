import { randomBytes, randomUUID } from 'node:crypto';
import { failed, ok } from '../../src/errors/result.ts';
import { AesSealer } from '../../src/platform/cloudflare/aes-sealer.ts';
import { nodeKeyedHash } from '../../src/platform/cloudflare/node-keyed-hash.ts';
import type { CatalogPorts } from '../../src/topics/catalog-service.ts';

type PostMessage = CatalogPorts['webhooks']['post'];

/** A world in which no address can be reached. */
export const nobodyReached: PostMessage = async () => failed('OUTBOUND_CALL_FAILED', 'Nobody can be reached.');

/** How the alerts of a cluster under test leave. */
export function webhookPorts(post: PostMessage = nobodyReached): CatalogPorts['webhooks'] {
  return {
    sealer: new AesSealer('secret'),
    hash: nodeKeyedHash,
    randomBytes,
    newId: randomUUID,
    random: () => 0,
    checkUrl: (url) => (url.startsWith('https://') ? ok(null) : failed('INVALID_REQUEST', 'must be https://')),
    post,
  };
}
