import type { ProduceAnswerV2 } from '../../../contracts/rest-proxy-v2.ts';
import { failed, ok, type Result } from '../../../errors/result.ts';
import type { ProduceRecord } from '../../../json/produce-record.ts';
import { requestMediaType } from '../../media-types.ts';
import { metrics } from '../../metrics.ts';
import { readBody } from '../../request-body.ts';
import { recordErrorCode } from '../error-codes.ts';
import { formatOfType, produceTypes } from '../media-types.ts';
import { partitionOf } from '../path-values.ts';
import { produceEach, type StoredRecord } from '../produce-each.ts';
import { restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestCall, type RestHandler } from '../rest-call.ts';
import { readProduceRequest } from './produce-request.ts';

const produceToTopic: RestHandler = async (call) => {
  const records = await readRecords(call);
  if (!records.ok) return records;
  const route = await call.services.routes.find(pathParameter(call, 'topic_name'));
  return route.ok ? produce(call, records.value) : route;
};

const produceToPartition: RestHandler = async (call) => {
  const records = await readRecords(call);
  if (!records.ok) return records;
  const found = await partitionOf(call);
  if (!found.ok) return found;
  const { partition } = found.value;
  const astray = records.value.findIndex((record) => record.partition !== null && record.partition !== partition);
  if (astray !== -1) {
    return failed('INVALID_REQUEST', `records[${astray}].partition is not ${partition}, which the path names.`);
  }
  return produce(
    call,
    records.value.map((record) => ({ ...record, partition })),
  );
};

export const produceHandlers = { produceToTopic, produceToPartition } as const;

async function readRecords(call: RestCall): Promise<Result<readonly ProduceRecord[]>> {
  const type = requestMediaType(call.request.headers, produceTypes);
  if (!type.ok) return type;
  const body = await readBody(call.request);
  if (!body.ok) return body;
  metrics.count('millrace_bytes_in_total', {}, body.value.length);
  return readProduceRequest(body.value, formatOfType(type.value));
}

async function produce(call: RestCall, records: readonly ProduceRecord[]): Promise<Result<Response>> {
  const stored = await produceEach(
    call.services,
    pathParameter(call, 'topic_name'),
    records.map((record) => ok(record)),
  );
  return restAnswer(call, {
    offsets: stored.map(offsetJson),
    key_schema_id: null,
    value_schema_id: null,
  } satisfies ProduceAnswerV2);
}

function offsetJson(stored: Result<StoredRecord>): ProduceAnswerV2['offsets'][number] {
  if (!stored.ok) {
    const { code, message } = stored.error;
    return { partition: null, offset: null, error_code: recordErrorCode(code), error: message };
  }
  const { partition, offset } = stored.value;
  return { partition, offset, error_code: null, error: null };
}
