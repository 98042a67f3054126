import { assert } from '../errors/assert.ts';
import { type Failure, ok, type Result } from '../errors/result.ts';
import type { GroupRpc } from '../groups/group-rpc.ts';
import { tightest } from '../tenancy/usage/budget.ts';
import type { BudgetDescription } from '../tenancy/usage/budgets.ts';
import type { CatalogRpc, ClusterRef } from '../topics/catalog-rpc.ts';
import type { MeasuredLag } from '../topics/history-command.ts';
import type { GroupLag, PartitionLag } from './group-lag.ts';
import type { Swept } from './upkeep.ts';

export type HistorySweepPorts = {
  readonly cluster: ClusterRef;
  readonly catalog: Pick<CatalogRpc, 'callHistory' | 'callAlerts'>;
  readonly groups: { readonly rpc: Pick<GroupRpc, 'describe'>; readonly lag: Pick<GroupLag, 'lagOf'> };
  /** The budget of the cluster's organization; an open platform has none. */
  readonly budget?: () => Promise<Result<BudgetDescription>>;
};

/** What the sweep does for the history: has the cluster enter what was reported, and measures how far behind groups are. */
export class HistorySweep implements Swept {
  readonly #ports: HistorySweepPorts;

  constructor(ports: HistorySweepPorts) {
    this.#ports = ports;
  }

  /** Nothing is woken for good by it; a group that could not be measured is named, and measured again the next time. */
  async sweep(): Promise<Result<{ readonly woken: number; readonly failures: readonly Failure[] }>> {
    const { catalog, cluster } = this.#ports;
    const rolledUp = await catalog.callHistory(cluster, { kind: 'rollUp' });
    if (!rolledUp.ok) return rolledUp;
    assert(rolledUp.value.kind === 'rolledUp', 'a roll-up is answered with the groups to measure');
    const lags: MeasuredLag[] = [];
    const failures: Failure[] = [];
    for (const groupId of rolledUp.value.groupIds) {
      const measured = await this.#measure(groupId);
      if (!measured.ok) failures.push(measured.error);
      lags.push({ groupId, ...(measured.ok ? totalOf(measured.value) : unknownLag) });
    }
    if (lags.length > 0) {
      const recorded = await catalog.callHistory(cluster, { kind: 'recordLags', lags });
      if (!recorded.ok) return recorded;
    }
    if (rolledUp.value.wantsBudget) failures.push(...(await this.#tellBudget()));
    return ok({ woken: 0, failures });
  }

  /** Only the organization knows what all of its clusters used; alerts of this one may watch it. */
  async #tellBudget(): Promise<Failure[]> {
    const { catalog, cluster, budget } = this.#ports;
    const described = await budget?.();
    if (described?.ok === false) return [described.error];
    const tight = described === undefined ? null : tightest(described.value, described.value.spent);
    const percent = tight === null ? null : tight.share * 100;
    const told = await catalog.callAlerts(cluster, { kind: 'recordBudget', percent });
    return told.ok ? [] : [told.error];
  }

  async #measure(groupId: string): Promise<Result<PartitionLag[]>> {
    const { cluster, groups } = this.#ports;
    const described = await groups.rpc.describe({ ...cluster, groupId });
    // A group that was deleted meanwhile has no lag, and the cluster drops what it is told of it.
    if (!described.ok) return described.error.code === 'GROUP_ID_NOT_FOUND' ? ok([]) : described;
    return groups.lag.lagOf(described.value);
  }
}

const unknownLag = { lag: null, lagMs: null };

/** Records behind in all partitions, and the time of the one that is furthest behind; null when nothing is committed. */
function totalOf(partitions: readonly PartitionLag[]): Pick<MeasuredLag, 'lag' | 'lagMs'> {
  const known = partitions.filter(({ lag }) => lag !== null);
  if (known.length === 0) return unknownLag;
  return {
    lag: known.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    lagMs: Math.max(...known.map(({ lagMs }) => lagMs ?? 0)),
  };
}
