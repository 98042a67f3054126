import type { PartitionUsageReport } from '../src/log/usage/usage-report.ts';
import type { Actor } from '../src/tenancy/organization-rpc.ts';
import type { BudgetChange, ReadUsageRequest, UsageRpc } from '../src/tenancy/usage-rpc.ts';
import { OrganizationPrincipals } from './organization-principals.ts';

/** The verbs of an organization's object about what it uses; a part of it, and nothing but wiring. */
export abstract class OrganizationUsage extends OrganizationPrincipals implements UsageRpc {
  protected abstract readonly usage: UsageRpc;

  reportUsage(orgId: string, report: PartitionUsageReport) {
    return this.usage.reportUsage(orgId, report);
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
}
