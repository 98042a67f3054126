import { createHash } from 'node:crypto';

/** SHA-256, hex; synchronous, so that it can stand between a read and a write. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
