import { createHash, createHmac } from 'node:crypto';
import type { HashName, KeyedHash } from '../keyed-hash.ts';

const algorithms: Readonly<Record<HashName, string>> = { 'SHA-256': 'sha256', 'SHA-512': 'sha512' };

export const nodeKeyedHash: KeyedHash = {
  digest: (hash, bytes) => createHash(algorithms[hash]).update(bytes).digest(),
  sign: (hash, key, bytes) => createHmac(algorithms[hash], key).update(bytes).digest(),
};
