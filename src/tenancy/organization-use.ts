import type { HeldConnections } from '../authorization/connection-cap.ts';
import { type Failed, ok, type Result } from '../errors/result.ts';
import type { QuotaOverrides } from '../limits/operator-rates.ts';
import type { PartitionUsageReport } from '../log/usage/usage-report.ts';
import type { OrganizationQuotas } from './organization-quotas.ts';
import type { Actor } from './organization-rpc.ts';
import type { LeaseWanted } from './quota-leases.ts';
import type { QuotaRpc } from './quota-rpc.ts';
import type { QuotaDescription, QuotaSettings } from './quota-settings.ts';
import type { MeteredOrganization } from './usage/metered-organization.ts';
import type { BudgetChange, EdgeUsageReport, ReadUsageRequest, UsageRpc } from './usage-rpc.ts';

/** What an organization uses, and may use: the part of its verbs that knows nothing of who may do what. */
export abstract class OrganizationUse implements UsageRpc, QuotaRpc {
  protected abstract readonly quotas: OrganizationQuotas;
  protected abstract readonly usage: MeteredOrganization;

  /** Every verb names its organization: a mistake anywhere else ends here and not in another one's data. */
  protected abstract refuse(orgId: string): Failed | null;
  /** What rights were taken by is answered without waiting for who is told of it: the alarm does that at once. */
  protected abstract told<T>(done: Result<T>): Promise<Result<T>>;
  /** Tells whoever waits in the outbox, and is answered when they were told. */
  protected abstract tell(): Promise<void>;

  async describeQuotas(orgId: string): Promise<Result<QuotaDescription>> {
    return this.refuse(orgId) ?? ok(this.quotas.describe(this.usage.storedBytes));
  }

  async alterQuotas(orgId: string, actor: Actor, changes: QuotaSettings): Promise<Result<QuotaDescription>> {
    const altered = this.refuse(orgId) ?? this.quotas.alter(actor, changes);
    return altered.ok ? this.#quotasAltered() : altered;
  }

  async overrideQuotas(orgId: string, actor: Actor, overrides: QuotaOverrides): Promise<Result<QuotaDescription>> {
    const refusal = this.refuse(orgId);
    if (refusal !== null) return refusal;
    this.quotas.override(actor, overrides);
    return this.#quotasAltered();
  }

  async leaseQuotas(orgId: string, wanted: readonly LeaseWanted[]) {
    return this.refuse(orgId) ?? this.quotas.lease(wanted);
  }

  async holdConnections(orgId: string, holder: string, held: readonly HeldConnections[]) {
    return this.refuse(orgId) ?? this.quotas.holdConnections(holder, held);
  }

  async reportUsage(orgId: string, report: PartitionUsageReport) {
    return this.told(this.refuse(orgId) ?? this.usage.report(report));
  }

  async reportEdgeUsage(orgId: string, report: EdgeUsageReport) {
    return this.told(this.refuse(orgId) ?? this.usage.reportEdge(report));
  }

  async readUsage(orgId: string, request: ReadUsageRequest) {
    return this.refuse(orgId) ?? this.usage.read(request);
  }

  async describeBudget(orgId: string) {
    return this.refuse(orgId) ?? this.usage.describeBudget();
  }

  async alterBudget(orgId: string, actor: Actor, change: BudgetChange) {
    return this.told(this.refuse(orgId) ?? this.usage.alterBudget(actor, change));
  }

  async #quotasAltered(): Promise<Result<QuotaDescription>> {
    this.usage.reviewStorageCap();
    await this.tell();
    return ok(this.quotas.describe(this.usage.storedBytes));
  }
}
