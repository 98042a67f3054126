import type { QuotaOverrides } from '../src/limits/operator-rates.ts';
import type { PartitionUsageReport } from '../src/log/usage/usage-report.ts';
import type { Actor } from '../src/tenancy/organization-rpc.ts';
import type { LeaseWanted } from '../src/tenancy/quota-leases.ts';
import type { QuotaRpc } from '../src/tenancy/quota-rpc.ts';
import type { QuotaSettings } from '../src/tenancy/quota-settings.ts';
import type { BudgetChange, EdgeUsageReport, ReadUsageRequest, UsageRpc } from '../src/tenancy/usage-rpc.ts';
import { OrganizationPrincipals } from './organization-principals.ts';

/** The verbs of an organization's object about what it uses and may use; a part of it, and nothing but wiring. */
export abstract class OrganizationUsage extends OrganizationPrincipals implements UsageRpc, QuotaRpc {
  protected abstract readonly usage: UsageRpc & QuotaRpc;

  reportUsage(orgId: string, report: PartitionUsageReport) {
    return this.usage.reportUsage(orgId, report);
  }

  reportEdgeUsage(orgId: string, report: EdgeUsageReport) {
    return this.usage.reportEdgeUsage(orgId, report);
  }

  readUsage(orgId: string, request: ReadUsageRequest) {
    return this.usage.readUsage(orgId, request);
  }

  describeBudget(orgId: string) {
    return this.usage.describeBudget(orgId);
  }

  alterBudget(orgId: string, actor: Actor, change: BudgetChange) {
    return this.usage.alterBudget(orgId, actor, change);
  }

  describeQuotas(orgId: string) {
    return this.usage.describeQuotas(orgId);
  }

  alterQuotas(orgId: string, actor: Actor, changes: QuotaSettings) {
    return this.usage.alterQuotas(orgId, actor, changes);
  }

  overrideQuotas(orgId: string, actor: Actor, overrides: QuotaOverrides) {
    return this.usage.overrideQuotas(orgId, actor, overrides);
  }

  leaseQuotas(orgId: string, wanted: readonly LeaseWanted[]) {
    return this.usage.leaseQuotas(orgId, wanted);
  }
}
