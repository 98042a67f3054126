import type { Result } from '../errors/result.ts';
import type { Actor } from './organization-rpc.ts';
import type { Lease, LeaseWanted } from './quota-leases.ts';
import type { QuotaSettings } from './quota-settings.ts';

/** The verbs of an organization's object about what it may use. */
export interface QuotaRpc {
  describeQuotas(orgId: string): Promise<Result<QuotaSettings>>;
  /** Replaces the quotas of the entities that are named; answers all there are then. */
  alterQuotas(orgId: string, actor: Actor, changes: QuotaSettings): Promise<Result<QuotaSettings>>;
  /** Lends an edge what it may spend without asking, an answer for each that is wanted. Writes nothing. */
  leaseQuotas(orgId: string, wanted: readonly LeaseWanted[]): Promise<Result<readonly Lease[]>>;
}
