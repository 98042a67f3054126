import { failed, ok, type Result } from '../../errors/result.ts';
import type { LogEnds, SourceLog } from '../../groups/share/share-partition-service.ts';
import type { SharePartitionRef } from '../../groups/share/share-ref.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import type { PartitionCaller, TopicRoutes } from '../ports.ts';
import type { RecordReader } from '../read.ts';

type SourcePorts = {
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly reader: RecordReader;
};

/** {@link SourceLog} over the partitions themselves. */
export class ShareSource implements SourceLog {
  readonly #ports: SourcePorts;

  constructor(ports: SourcePorts) {
    this.#ports = ports;
  }

  async ends(ref: SharePartitionRef, topic: string): Promise<Result<LogEnds>> {
    const route = await routeOf(this.#ports.routes, topic, ref.topicId);
    if (!route.ok) return route;
    const described = await this.#ports.partitions.call(
      route.value,
      ref.partition,
      (stub, place, configVersion) => stub.describe(place, configVersion),
      { repeatable: true },
    );
    if (!described.ok) return described;
    const { logStartOffset, highWatermark } = described.value;
    return ok({ logStartOffset, highWatermark });
  }

  async offsetAt(ref: SharePartitionRef, topic: string, timestampMs: number): Promise<Result<number>> {
    const route = await routeOf(this.#ports.routes, topic, ref.topicId);
    if (!route.ok) return route;
    const { partition } = ref;
    const from = { timestampMs };
    const read = await this.#ports.reader.read({ topic, partition, from, maxBytes: 1, waitMs: 0, minBytes: 1 });
    if (!read.ok) return read;
    await read.value.response.body?.cancel();
    return ok(read.value.startOffset);
  }
}

/** The route of a topic that must be this very one: a name may have passed on to a new topic. */
export async function routeOf(routes: TopicRoutes, topic: string, topicId: string): Promise<Result<TopicRoute>> {
  for (let look = 0; look < 2; look++) {
    const route = await routes.find(topic);
    if (!route.ok || route.value.topicId === topicId) return route;
    routes.forget(topic);
  }
  return failed('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${topic}" was deleted, and created anew.`);
}
