import type { ProducedRecordJson } from '../../../contracts/rest-proxy-records.ts';
import { ok, type Result } from '../../../errors/result.ts';
import { produceEach } from '../produce-each.ts';
import type { RestCall } from '../rest-call.ts';
import type { RecordData } from './record-data.ts';
import type { RecordRequest } from './record-request.ts';
import { topicOf } from './resource.ts';

/** What v3 tells of a record that was stored, without what an answer adds of its own. */
export type ProducedRecord = Omit<ProducedRecordJson, 'error_code'>;

/** Produces records each for itself; results are in the place of what was asked. */
export async function produceRequests(
  call: RestCall,
  requests: readonly Result<RecordRequest>[],
): Promise<readonly Result<ProducedRecord>[]> {
  const topic = topicOf(call);
  const records = requests.map((request) => (request.ok ? ok(request.value.record) : request));
  const stored = await produceEach(call.services, topic, records);
  return requests.map((request, index) => {
    if (!request.ok) return request;
    const result = stored[index]!;
    if (!result.ok) return result;
    const { partition, offset, timestampMs } = result.value;
    return ok({
      cluster_id: call.services.cluster.clusterId,
      topic_name: topic,
      partition_id: partition,
      offset,
      timestamp: new Date(timestampMs).toISOString(),
      key: sizeOf(request.value.key),
      value: sizeOf(request.value.value),
    });
  });
}

function sizeOf(data: RecordData | null): ProducedRecord['key'] {
  return data === null ? null : { type: data.type, size: data.bytes?.length ?? 0 };
}
