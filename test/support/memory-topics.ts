import { ok } from '../../src/errors/result.ts';
import type { CatalogRpc, FindTopicsRequest, GroupSummary, TopicSummary } from '../../src/topics/catalog-rpc.ts';
import { emptyCatalog } from './api-services.ts';

/** A cluster whose topics a test makes and unmakes at will, as far as groups have to do with them. */
export class MemoryTopics {
  readonly groups = new Map<string, GroupSummary>();
  readonly #topics = new Map<string, TopicSummary>();
  #created = 0;

  get all(): readonly TopicSummary[] {
    return [...this.#topics.values()];
  }

  /** Creates a topic, or adds partitions to one. */
  set(topic: string, partitionCount: number): TopicSummary {
    const known = this.#topics.get(topic);
    const topicId = known?.topicId ?? `00000000-0000-4000-8000-${String(++this.#created).padStart(12, '0')}`;
    const summary = { topic, topicId, partitionCount: Math.max(partitionCount, known?.partitionCount ?? 0) };
    this.#topics.set(topic, summary);
    return summary;
  }

  /** Takes in a topic that was made elsewhere. */
  adopt({ topic, topicId, partitionCount }: TopicSummary): void {
    this.#topics.set(topic, { topic, topicId, partitionCount });
  }

  delete(topic: string): void {
    this.#topics.delete(topic);
  }

  readonly catalog: CatalogRpc = {
    ...emptyCatalog,
    findTopics: async (_cluster, request) => ok({ ...this.#find(request), raisedEpochs: [] }),
    registerGroup: async (_cluster, groupId, kind) => {
      if (!this.groups.has(groupId))
        this.groups.set(groupId, { groupId, kind, protocol: null, state: 'empty', memberCount: 0 });
      return ok(null);
    },
    unregisterGroup: async (_cluster, groupId, kind) => {
      if (this.groups.get(groupId)?.kind === kind) this.groups.delete(groupId);
      return ok(null);
    },
    reportGroup: async (_cluster, report) => {
      this.groups.set(report.groupId, report);
      return ok(null);
    },
  };

  #find(request: FindTopicsRequest): { topics: TopicSummary[]; next: string | null } {
    const sorted = this.all.toSorted((one, other) => (one.topic < other.topic ? -1 : 1));
    if ('names' in request) return { topics: sorted.filter(({ topic }) => request.names.includes(topic)), next: null };
    if ('ids' in request) return { topics: sorted.filter(({ topicId }) => request.ids.includes(topicId)), next: null };
    const { prefix, after, limit } = request;
    const matching = sorted.filter(({ topic }) => topic.startsWith(prefix) && topic > (after ?? ''));
    const page = matching.slice(0, limit);
    return { topics: page, next: matching.length > limit ? page.at(-1)!.topic : null };
  }
}
