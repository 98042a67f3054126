import { failed, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { deleteRecordsRequest, deleteRecordsResponse } from '../messages/delete-records.ts';
import { checkPartition, findTopic } from '../topic-lookup.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const deleteRecordsApi = kafkaApi({
  key: 21,
  name: 'DeleteRecords',
  versions: { min: 0, max: 2 },
  request: deleteRecordsRequest,
  response: deleteRecordsResponse,
  handle: async (call, { topics }) => ({
    topics: await inWaves(topics, async ({ name, partitions }) => ({
      name,
      partitions: await inWaves(partitions, async ({ partitionIndex, offset }) => {
        const deleted = await deleteBefore(call, name, partitionIndex, offset);
        if (deleted.ok) return { partitionIndex, lowWatermark: deleted.value.logStartOffset, errorCode: noError };
        return { partitionIndex, lowWatermark: -1, errorCode: wireErrorOf(deleted.error) };
      }),
    })),
  }),
});

/** Stands for the high watermark. */
const upToTheEnd = -1;

async function deleteBefore(
  call: KafkaCall,
  topic: string,
  partition: number,
  offset: number,
): Promise<Result<{ readonly logStartOffset: number }>> {
  const route = await findTopic(call.services, { name: topic }, 'DELETE');
  const known = route.ok ? checkPartition(route.value, partition) : route;
  if (!known.ok) return known;
  if (offset < upToTheEnd) return failed('OFFSET_OUT_OF_RANGE', `There is no offset ${offset}.`);
  return call.services.upkeep.deleteRecords(topic, partition, offset === upToTheEnd ? 'latest' : offset);
}
