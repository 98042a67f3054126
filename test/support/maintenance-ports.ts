import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { noQuotas } from '../../src/authorization/quota-gate.ts';
import type { Incident } from '../../src/log/maintenance/maintenance-job.ts';
import type { LeaderPorts } from '../../src/log/partition-leader.ts';
import { reportsToNobody } from '../../src/log/usage/usage-report.ts';
import { sha256Hex } from '../../src/platform/cloudflare/sha256.ts';
import { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';

type ObjectPorts = Pick<
  LeaderPorts,
  'authority' | 'quotas' | 'refused' | 'pause' | 'sha256' | 'newObjectId' | 'reportIncident' | 'reportUsage'
>;

/** What maintenance needs besides storage and time: an object store in memory, and ids that count up. */
export function memoryObjectPorts(incidents: Incident[] = []): ObjectPorts & { readonly blobs: MemoryBlobStore } {
  let objectCount = 0;
  return {
    authority: noAuthority,
    quotas: noQuotas,
    refused: () => {},
    pause: () => new Promise(() => {}),
    blobs: new MemoryBlobStore(),
    sha256: sha256Hex,
    newObjectId: () => `00000000-0000-4000-9000-${String(++objectCount).padStart(12, '0')}`,
    reportIncident: (incident) => incidents.push(incident),
    reportUsage: reportsToNobody,
  };
}
