import { dayOf, noCounts, otherKeys, plusCounts } from '../../log/usage/usage-counts.ts';
import type { EdgeUsageEntry } from '../../tenancy/usage-rpc.ts';

/** Days, clusters, topics and keys that one report tells apart; what is beyond is added up as of many. */
export const entriesPerReport = 200;

type Counted = Omit<EdgeUsageEntry, 'day' | 'counts'> & { readonly counts: Partial<EdgeUsageEntry['counts']> };

/** What was served since the last report, in bounded memory. */
export class EdgeTally {
  #entries = new Map<string, EdgeUsageEntry>();

  add(counted: Counted, nowMs: number): void {
    const { clusterId, topic, keyId, counts } = counted;
    const day = dayOf(nowMs);
    const name = `${day} ${clusterId} ${keyId} ${topic}`;
    const known = this.#entries.get(name);
    const isOfMany = topic === otherKeys && keyId === otherKeys;
    if (known === undefined && this.#entries.size >= entriesPerReport && !isOfMany) {
      this.add({ clusterId, topic: otherKeys, keyId: otherKeys, counts }, nowMs);
    } else {
      this.#entries.set(name, { day, clusterId, topic, keyId, counts: plusCounts(known?.counts ?? noCounts, counts) });
    }
  }

  /** Everything, which is counted from nothing again. */
  take(): EdgeUsageEntry[] {
    const entries = [...this.#entries.values()];
    this.#entries = new Map();
    return entries;
  }
}
