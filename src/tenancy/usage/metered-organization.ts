import type { BudgetStanding } from '../../authorization/budget-standing.ts';
import type { StorageStanding } from '../../authorization/storage-standing.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { PartitionUsageReport, UsageReceipt } from '../../log/usage/usage-report.ts';
import type { Actor } from '../organization-rpc.ts';
import type { BudgetChange, EdgeUsageReceipt, EdgeUsageReport, ReadUsageRequest, UsagePage } from '../usage-rpc.ts';
import {
  type BudgetDescription,
  type BudgetPorts,
  type BudgetSurroundings,
  Budgets,
  boundedReportMs,
} from './budgets.ts';
import { StorageCap, type StorageSurroundings } from './storage-cap.ts';
import { UsageLedger } from './usage-ledger.ts';
import { readUsagePage } from './usage-page.ts';

/** What an organization uses, and the budget and the cap on storage that it is held to. */
export class MeteredOrganization {
  readonly #ports: BudgetPorts;
  readonly #ledger: UsageLedger;
  readonly #budgets: Budgets;
  readonly #storage: StorageCap;

  constructor(ports: BudgetPorts, around: BudgetSurroundings & StorageSurroundings) {
    this.#ports = ports;
    this.#ledger = new UsageLedger(ports.sql);
    this.#budgets = new Budgets(ports, this.#ledger, around);
    this.#storage = new StorageCap(ports, around);
  }

  /** What goes with every principal; undefined while there is nothing to say. */
  get standing(): { readonly budget: BudgetStanding | undefined; readonly storage: StorageStanding | undefined } {
    return { budget: this.#budgets.standing, storage: this.#storage.standing(() => this.storedBytes) };
  }

  /** What is kept, as far as partitions have told. */
  get storedBytes(): number {
    return this.#ledger.storedBytes;
  }

  report(report: PartitionUsageReport): Result<UsageReceipt> {
    const lastPeriod = this.#ledger.report(report, this.#ports.clock.nowMs());
    this.#budgets.review();
    this.#storage.review(() => this.storedBytes, false);
    const nextReportMs = this.#storage.isSet ? boundedReportMs : this.#budgets.reportMs;
    return ok({ lastPeriod, nextReportMs });
  }

  reportEdge(report: EdgeUsageReport): Result<EdgeUsageReceipt> {
    this.#ledger.reportEdge(report, this.#ports.clock.nowMs());
    this.#budgets.review();
    return ok({ nextReportMs: this.#budgets.reportMs });
  }

  read(request: ReadUsageRequest): Result<UsagePage> {
    return ok(readUsagePage(this.#ledger, request, this.#ports.clock.nowMs()));
  }

  describeBudget(): Result<BudgetDescription> {
    return ok(this.#budgets.describe());
  }

  alterBudget(actor: Actor, change: BudgetChange): Result<BudgetDescription> {
    const altered = this.#budgets.alter(actor, change);
    return altered.ok ? this.describeBudget() : altered;
  }

  /** How much may be kept was altered. */
  reviewStorageCap(): void {
    this.#storage.review(() => this.storedBytes, true);
  }

  /** A month may have begun, and with it another budget. */
  reviewMonth(): void {
    this.#budgets.reviewMonth();
  }
}
