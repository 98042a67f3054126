import { type PartitionRecoveryJson, recoverPartitionSchema } from '../../contracts/partitions.ts';
import { failed } from '../../errors/result.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { readPartition } from './records.ts';

const recoverPartition: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const partition = readPartition(c.req.param('partition') ?? '');
  if (!partition.ok) return problemAnswer(partition.error);
  const body = await readJson(c.req.raw, recoverPartitionSchema);
  if (!body.ok) return problemAnswer(body.error);
  const route = await c.env.routes.find(c.req.param('topic') ?? '');
  if (!route.ok) return problemAnswer(route.error);
  const { topic, partitionCount } = route.value;
  if (partition.value >= partitionCount) {
    return problemAnswer(
      failed(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic ${topic} has partitions 0 to ${partitionCount - 1}, not ${partition.value}.`,
        { partition: partition.value, partitions: partitionCount },
      ).error,
    );
  }
  const recovered = await c.env.partitions.call(
    route.value,
    partition.value,
    (stub, ref, configVersion) => stub.recover(ref, configVersion),
    { repeatable: true },
  );
  if (!recovered.ok) return problemAnswer(recovered.error);
  const { leaderEpoch, logStartOffset, highWatermark, witnessedHighWatermark } = recovered.value;
  return jsonAnswer({
    partition: partition.value,
    recovered: recovered.value.recovered,
    leader_epoch: leaderEpoch,
    log_start_offset: logStartOffset,
    high_watermark: highWatermark,
    witnessed_high_watermark: witnessedHighWatermark,
  } satisfies PartitionRecoveryJson);
};

export const partitionHandlers = { recoverPartition } as const satisfies Record<string, Handler>;
