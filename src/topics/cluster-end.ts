import { failed } from '../errors/result.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { ClusterRemains } from './catalog-rpc.ts';
import type { CatalogStore } from './catalog-store.ts';
import type { PartitionOutbox } from './partition-outbox.ts';

/** Topics that one call deletes: each queues a row a partition, in one transaction. */
const topicsPerCall = 100;

/** Groups of a kind, and transactional ids, in one answer: whoever asks deletes them before it asks again. */
export const remainsPerAnswer = 50;

export const clusterIsEnding = failed(
  'UNKNOWN_RESOURCE',
  'The cluster is being deleted: nothing new is made in it, and what is there goes.',
);

/** Marks the cluster as ending, if it is not yet, and deletes the next of its topics. */
export function endSomeTopics(
  { sql, clock }: { readonly sql: SqlStore; readonly clock: Clock },
  store: CatalogStore,
  outbox: PartitionOutbox,
): Pick<ClusterRemains, 'topics' | 'openTopics' | 'endingSinceMs'> {
  const nowMs = clock.nowMs();
  return sql.transaction(() => {
    store.beginEnding(nowMs);
    const page = { prefix: '', after: null, limit: topicsPerCall };
    for (const { topicId, configVersion } of store.topicsAfter(page, topicsPerCall)) {
      store.markDeleting(topicId);
      outbox.queue(topicId, 'close', configVersion);
      store.removeIfClosed(topicId);
    }
    return {
      topics: store.remainingTopics(),
      openTopics: store.topicCount(),
      endingSinceMs: store.endingSinceMs() ?? nowMs,
    };
  });
}
