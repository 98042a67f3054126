import { checkAccess } from '../../authorization/access-check.ts';
import { errorTable } from '../../errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../../errors/result.ts';
import { batchAttribute, batchField, batchMagic, frameBatch, readBatchHeader } from '../../log/record-batch.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { produceRequest, produceResponse } from '../messages/produce.ts';
import type { Appended, ProducedIn } from '../produce-lanes.ts';
import { checkPartition, findTopic, namedBy } from '../topic-lookup.ts';
import { addsItselfFrom, participantCode } from '../transaction-codes.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

/** From this version on topics are named by their ids (KIP-516). */
const topicIdsFrom = 13;

/** Clients of earlier versions do not expect readers to know zstd (KIP-110). */
const zstdFrom = 7;

/** Older clients derive what else a broker can do from this range, so it begins at 0 although those are not spoken. */
const advertised = { min: 0, max: 13 };

export const produceApi = kafkaApi({
  key: 0,
  name: 'Produce',
  versions: { min: 3, max: 13 },
  advertised,
  request: produceRequest,
  response: produceResponse,
  // Requests that append run side by side, so they take their turns themselves.
  takesTurns: true,
  handle: produce,
});

type Request = MessageOf<typeof produceRequest>;
type TopicData = Request['topicData'][number];

/** Appends each batch as it came. With acks=0 the client waits for no answer, and gets none. */
async function produce(call: KafkaCall, request: Request) {
  const { acks, topicData, transactionalId } = request;
  const may = checkTransactional(call, request);
  const routes = await call.session.lanes.inOrder(async () => {
    // In the order of the requests too: what waits for a quota is not overtaken.
    await call.quotas.begin();
    return Promise.all(topicData.map((data) => (may.ok ? findWritable(call, data, acks) : may)));
  });
  const responses = await Promise.all(
    topicData.map((data, at) => produceTopic(call, data, routes[at]!, transactionalId)),
  );
  return acks === 0 ? null : { responses };
}

/** A request with a batch of a transaction needs a transactional id that the principal may write under, or all of it fails. */
function checkTransactional({ services }: KafkaCall, { topicData, transactionalId }: Request): Result<null> {
  const isTransactional = topicData.some(({ partitionData }) => partitionData.some(({ records }) => isMarked(records)));
  if (!isTransactional) return ok(null);
  if (transactionalId !== null) {
    const access = { operation: 'WRITE', resourceType: 'TRANSACTIONAL_ID', resourceName: transactionalId } as const;
    return checkAccess(services.principal, access);
  }
  return failed(
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    'A batch is marked transactional, but the request names no transactional id.',
  );
}

/** Whether these records say of themselves that they are part of a transaction; they may be anything yet. */
function isMarked(records: Uint8Array | null): boolean {
  const lowAttributes = records?.[batchField.attributes + 1] ?? 0;
  return records?.[batchField.magic] === batchMagic && (lowAttributes & batchAttribute.transactional) !== 0;
}

async function produceTopic(
  call: KafkaCall,
  { name, topicId, partitionData }: TopicData,
  route: Result<TopicRoute>,
  transactionalId: string | null,
) {
  const appends = partitionData.map(async ({ index, records }) => {
    const appended = route.ok ? await append(call, route.value, index, records, transactionalId) : route;
    if (!appended.ok) {
      const { error } = appended;
      const errorCode = isMarked(records) ? participantCode('produce', call.version, error) : produceErrorOf(error);
      return { index, errorCode, errorMessage: error.message, baseOffset: -1, recordErrors: [] };
    }
    const { range, logStartOffset } = appended.value;
    const { baseOffset, logAppendTimeMs } = range;
    return { index, errorCode: noError, baseOffset, logAppendTimeMs, logStartOffset, recordErrors: [] };
  });
  return { name, topicId, partitionResponses: await Promise.all(appends) };
}

/** Clients show the message of this code to whoever produced, where they have words of their own for that of access. */
function produceErrorOf(failure: Failure): number {
  return failure.code === 'BUDGET_EXCEEDED' ? errorTable.POLICY_VIOLATION.number : wireErrorOf(failure);
}

async function findWritable(call: KafkaCall, data: TopicData, acks: number): Promise<Result<TopicRoute>> {
  if (acks < -1 || acks > 1) {
    return failed('INVALID_REQUIRED_ACKS', `acks is ${acks}; use all (-1), 1 or 0, which are all answered alike.`);
  }
  const route = await findTopic(call.services, namedBy(call.version, topicIdsFrom, data.name, data.topicId), 'WRITE');
  if (!route.ok) return route;
  const bytes = data.partitionData.reduce((sum, { records }) => sum + (records?.length ?? 0), 0);
  const admitted = await call.quotas.produce(route.value.topic, bytes);
  return admitted.ok ? route : admitted;
}

function append(
  call: KafkaCall,
  route: TopicRoute,
  partition: number,
  records: Uint8Array | null,
  transactionalId: string | null,
): Result<never> | Promise<Result<Appended>> {
  const known = checkPartition(route, partition);
  if (!known.ok) return known;
  const batch = checkOneBatch(records ?? new Uint8Array(0), call.version);
  if (!batch.ok) return batch;
  const transaction = transactionalId === null ? null : transactionOf(batch.value, transactionalId, call.version);
  return call.session.lanes.append(route, partition, batch.value, transaction);
}

/** The transaction a batch is written in; null for one that is not marked, whatever the request names. */
function transactionOf(batch: Uint8Array, transactionalId: string, version: number): ProducedIn | null {
  const { isTransactional, producerId, producerEpoch } = readBatchHeader(batch, 0);
  if (!isTransactional) return null;
  return {
    name: { transactionalId, producerId, producerEpoch },
    addsPartition: version >= addsItselfFrom.produce,
  };
}

/** A partition's records are one batch of format 2 (ProduceRequest.validateRecords). */
function checkOneBatch(records: Uint8Array, version: number): Result<Uint8Array> {
  const magic = records[batchField.magic];
  if (magic !== undefined && magic < batchMagic) {
    return failed('INVALID_RECORD', `The records have message format ${magic}; send record batches of format 2.`);
  }
  if (records.length === 0) return failed('INVALID_RECORD', 'There is no record batch for the partition; send one.');
  const framed = frameBatch(records, 0, 0);
  if (!framed.ok) return framed;
  if (framed.value < records.length) {
    return failed('INVALID_RECORD', 'There is more than one record batch for the partition; send exactly one.');
  }
  if (version < zstdFrom && readBatchHeader(records, 0).compression === 'zstd') {
    return failed(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `zstd needs version ${zstdFrom} of Produce; the request is of ${version}.`,
    );
  }
  return ok(records);
}
