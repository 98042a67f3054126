import type { Result } from '../../errors/result.ts';
import type { PartitionDescription } from '../../log/partition-rpc.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import type { Services } from '../services.ts';

/** Asks a partition where its log begins and ends now; what it reported to the cluster may be old. */
export function describePartition(
  { partitions }: Services,
  route: TopicRoute,
  partition: number,
): Promise<Result<PartitionDescription>> {
  return partitions.call(route, partition, (stub, ref, configVersion) => stub.describe(ref, configVersion), {
    repeatable: true,
  });
}
