import { failed, ok, type Result } from '../errors/result.ts';
import type { OffsetCommit, RefusedCommit, TopicPartition } from '../groups/committed-offset.ts';
import type { PartitionDescription } from '../log/partition-rpc.ts';
import type { HighWatermarks } from './high-watermarks.ts';
import type { PartitionCaller, TopicRoutes } from './ports.ts';
import { inWaves } from './waves.ts';

/** What partitions say about themselves, and whether an offset is one that they have. */
export class PartitionEnds {
  readonly #routes: TopicRoutes;
  readonly #partitions: PartitionCaller;
  readonly #highWatermarks: HighWatermarks;

  constructor(ports: {
    readonly routes: TopicRoutes;
    readonly partitions: PartitionCaller;
    readonly highWatermarks: HighWatermarks;
  }) {
    this.#routes = ports.routes;
    this.#partitions = ports.partitions;
    this.#highWatermarks = ports.highWatermarks;
  }

  /** Asks a partition for its range of offsets. */
  async describe({ topic, partition }: TopicPartition): Promise<Result<PartitionDescription>> {
    const route = await this.#routes.find(topic);
    if (!route.ok) return route;
    if (partition >= route.value.partitionCount) return unknownPartition(topic, partition);
    const described = await this.#partitions.call(
      route.value,
      partition,
      (stub, ref, configVersion) => stub.describe(ref, configVersion),
      { repeatable: true },
    );
    if (described.ok) this.#highWatermarks.learn(route.value.topicId, partition, described.value.highWatermark);
    return described;
  }

  /**
   * Divides commits into those of offsets that exist, up to the high watermark, and those beyond it. Partitions are
   * asked only about offsets that were not seen before.
   */
  async check(commits: readonly OffsetCommit[]): Promise<{ existing: OffsetCommit[]; refused: RefusedCommit[] }> {
    const existing: OffsetCommit[] = [];
    const refused: RefusedCommit[] = [];
    for (const [index, checked] of (await inWaves(commits, (commit) => this.#checkOne(commit))).entries()) {
      const commit = commits[index]!;
      if (checked.ok) existing.push(commit);
      else refused.push({ commit, failure: checked.error });
    }
    return { existing, refused };
  }

  async #checkOne(commit: OffsetCommit): Promise<Result<null>> {
    const { topic, partition, offset } = commit;
    const route = await this.#routes.find(topic);
    if (!route.ok) return route;
    if (this.#highWatermarks.reaches(route.value.topicId, partition, offset)) return ok(null);
    const described = await this.describe(commit);
    if (!described.ok) return described;
    const { highWatermark, logStartOffset } = described.value;
    return offset <= highWatermark ? ok(null) : beyondTheEnd(commit, logStartOffset, highWatermark);
  }
}

const unknownPartition = (topic: string, partition: number) =>
  failed('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${topic}" has no partition ${partition}.`, { topic, partition });

const beyondTheEnd = ({ topic, partition, offset }: OffsetCommit, logStartOffset: number, highWatermark: number) =>
  failed(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${offset} cannot be committed: partition ${partition} of topic "${topic}" ends at ${highWatermark}.`,
    { topic, partition, log_start_offset: logStartOffset, high_watermark: highWatermark },
  );
