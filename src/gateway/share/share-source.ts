import { ok, type Result } from '../../errors/result.ts';
import type { LogEnds, SourceLog } from '../../groups/share/share-partition-service.ts';
import type { SharePartitionRef } from '../../groups/share/share-ref.ts';
import type { PartitionCaller, TopicRoutes } from '../ports.ts';
import type { RecordReader } from '../read.ts';
import { findIncarnation } from '../topic-incarnation.ts';

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
    const route = await findIncarnation(this.#ports.routes, { topic, topicId: ref.topicId, partition: ref.partition });
    if (!route.ok) return route;
    const described = await this.#ports.partitions.call(
      route.value,
      ref.partition,
      (stub, place, configVersion) => stub.describe(place, configVersion),
      { repeatable: true, isSameTopic: true },
    );
    if (!described.ok) return described;
    const { logStartOffset, highWatermark } = described.value;
    return ok({ logStartOffset, highWatermark });
  }

  async offsetAt(ref: SharePartitionRef, topic: string, timestampMs: number): Promise<Result<number>> {
    const { topicId, partition } = ref;
    const place = { topic, topicId, partition, from: { timestampMs } };
    const read = await this.#ports.reader.read({ ...place, maxBytes: 1, waitMs: 0, minBytes: 1 });
    if (!read.ok) return read;
    await read.value.response.body?.cancel();
    return ok(read.value.startOffset);
  }
}
