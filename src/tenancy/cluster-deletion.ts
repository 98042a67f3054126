import { failed, ok, type Result } from '../errors/result.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { ShareGroupRef } from '../groups/share/share-ref.ts';
import type { ClusterRef, ClusterRemains } from '../topics/catalog-rpc.ts';
import type { TransactionRef } from '../transactions/transaction-ref.ts';

/** The objects of a cluster, as far as its end is concerned. All of it may be repeated. */
export type ClusterDeletionPorts = {
  readonly endCatalog: (cluster: ClusterRef) => Promise<Result<ClusterRemains>>;
  readonly deleteGroup: (group: GroupRef) => Promise<Result<unknown>>;
  readonly deleteShareGroup: (group: ShareGroupRef) => Promise<Result<unknown>>;
  readonly endJobs: (cluster: ClusterRef) => Promise<Result<unknown>>;
  readonly endTransaction: (transaction: TransactionRef) => Promise<Result<unknown>>;
};

/** How much of a cluster is left; groups and transactional ids as far as one look goes. */
export type DeletionProgress = { readonly topics: number; readonly groups: number; readonly transactionalIds: number };

/**
 * So long after its end has begun nothing is under way in a cluster any more: no edge has a principal of it, and no
 * socket is served on its behalf. Until then something may still be made, such as a group by one who was just joining.
 */
export const settlingMs = 60_000;

/** Calls of the catalog in one part: each deletes a hundred topics. */
const roundsPerPart = 50;

/** Objects asked at once: a request has six connections, and one is left for other work. */
const atOnce = 5;

/**
 * Does the next part of ending a cluster: topics go by the cluster's own outbox and their partitions' purge, groups and
 * coordinators one by one. Answers what is left; it is over when nothing is, and the cluster has settled.
 */
export async function deleteSomeOfCluster(
  ports: ClusterDeletionPorts,
  cluster: ClusterRef,
  nowMs: number,
): Promise<Result<{ readonly progress: DeletionProgress; readonly isOver: boolean }>> {
  let before = await ports.endCatalog(cluster);
  for (let round = 1; round < roundsPerPart && before.ok && before.value.openTopics > 0; round += 1) {
    before = await ports.endCatalog(cluster);
  }
  if (!before.ok) return before;
  const { groups, transactionalIds } = before.value;
  const deletions = [
    ...groups.map(({ groupId, kind }) => () => {
      const ref = { ...cluster, groupId };
      return kind === 'share' ? ports.deleteShareGroup(ref) : ports.deleteGroup(ref);
    }),
    ...transactionalIds.map((transactionalId) => () => ports.endTransaction({ ...cluster, transactionalId })),
  ];
  for (let from = 0; from < deletions.length; from += atOnce) {
    // One that cannot go yet, such as a group whose members' sessions are not over, is listed again next time.
    await Promise.all(deletions.slice(from, from + atOnce).map(attempt));
  }
  const after = deletions.length === 0 ? before : await ports.endCatalog(cluster);
  if (!after.ok) return after;
  const { topics, endingSinceMs } = after.value;
  const progress = {
    topics,
    groups: after.value.groups.length,
    transactionalIds: after.value.transactionalIds.length,
  };
  const isEmpty = progress.topics + progress.groups + progress.transactionalIds === 0;
  if (!isEmpty || nowMs - endingSinceMs < settlingMs) return ok({ progress, isOver: false });
  // At the very end, when nobody is left who could start another one.
  const jobs = await attempt(() => ports.endJobs(cluster));
  return ok({ progress, isOver: jobs.ok });
}

/** An object that cannot be reached throws: it is asked again with the next part. */
async function attempt(deletion: () => Promise<Result<unknown>>): Promise<Result<unknown>> {
  try {
    return await deletion();
  } catch (thrown) {
    return failed('UNKNOWN_OUTCOME', String(thrown));
  }
}
