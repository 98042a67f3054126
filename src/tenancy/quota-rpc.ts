import type { Result } from '../errors/result.ts';
import type { QuotaOverrides } from '../limits/operator-rates.ts';
import type { Actor } from './organization-rpc.ts';
import type { Lease, LeaseWanted } from './quota-leases.ts';
import type { QuotaDescription, QuotaSettings } from './quota-settings.ts';

/** The verbs of an organization's object about what it may use. */
export interface QuotaRpc {
  describeQuotas(orgId: string): Promise<Result<QuotaDescription>>;
  /** Replaces the quotas of the entities that are named; answers all there are then. */
  alterQuotas(orgId: string, actor: Actor, changes: QuotaSettings): Promise<Result<QuotaDescription>>;
  /** What the operator says of this organization, in the place of all that was said of it before. */
  overrideQuotas(orgId: string, actor: Actor, overrides: QuotaOverrides): Promise<Result<QuotaDescription>>;
  /** Lends an edge what it may spend without asking, an answer for each that is wanted. Writes nothing. */
  leaseQuotas(orgId: string, wanted: readonly LeaseWanted[]): Promise<Result<readonly Lease[]>>;
}
