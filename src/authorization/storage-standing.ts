import { type Failed, failed } from '../errors/result.ts';

/** That an organization keeps as much as it may. It travels with every principal, and is absent while there is room. */
export type StorageStanding = { readonly usedBytes: number; readonly maxBytes: number };

/** What who would write records is answered. */
export function storageExceeded({ usedBytes, maxBytes }: StorageStanding): Failed {
  return failed(
    'STORAGE_QUOTA_EXCEEDED',
    `The organization keeps ${usedBytes} bytes, and may keep ${maxBytes}: no record is written until retention or deletion makes room, or the cap is raised (GET /v1/quotas shows it). Reading goes on.`,
    { quota: 'storage_bytes', used: usedBytes, max: maxBytes },
  );
}
