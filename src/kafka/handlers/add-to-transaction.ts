import { checkAccess } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import { errorTable } from '../../errors/error-codes.ts';
import { ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import type { TransactionPartition } from '../../transactions/transaction-state.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from '../messages/add-offsets-to-txn.ts';
import { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from '../messages/add-partitions-to-txn.ts';
import { checkPartition, findTopic } from '../topic-lookup.ts';
import { coordinatorCode } from '../transaction-codes.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';
import { groupOf } from './group-offsets.ts';

export const addPartitionsToTxnApi = kafkaApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: { min: 0, max: 5 },
  request: addPartitionsToTxnRequest,
  response: addPartitionsToTxnResponse,
  handle: addPartitionsToTxn,
});

export const addOffsetsToTxnApi = kafkaApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: { min: 0, max: 4 },
  request: addOffsetsToTxnRequest,
  response: addOffsetsToTxnResponse,
  handle: addOffsetsToTxn,
});

/** From this version on a request is one of brokers, about several transactions. */
const batchedFrom = 4;

type Request = MessageOf<typeof addPartitionsToTxnRequest>;
type Asked = Request['transactions'][number];
type AskedTopics = Asked['topics'];

async function addPartitionsToTxn(call: KafkaCall, request: Request) {
  if (call.version < batchedFrom) {
    const asked = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    };
    return { errorCode: noError, resultsByTransaction: [], resultsByTopicV3AndBelow: await addTo(call, asked) };
  }
  const may = checkAccess(call.services.principal, {
    operation: 'CLUSTER_ACTION',
    resourceType: 'CLUSTER',
    resourceName: clusterResource,
  });
  const errorCode = may.ok ? noError : wireErrorOf(may.error);
  const resultsByTransaction = await inWaves(may.ok ? request.transactions : [], async (asked) => ({
    transactionalId: asked.transactionalId,
    topicResults: await addTo(call, asked),
  }));
  return { errorCode, resultsByTransaction, resultsByTopicV3AndBelow: [] };
}

/** Adds, or looks for, all partitions or none: one that is refused has the others not tried. */
async function addTo(call: KafkaCall, { topics, verifyOnly, ...name }: Asked) {
  const may = checkTransactionalId(call, name.transactionalId);
  const found = may.ok ? await findPartitions(call, topics) : [];
  const partitions = found.flatMap((result) => (result.ok ? [result.value] : []));
  let codeOf = (at: number): number => {
    const result = found[at]!;
    return result.ok ? errorTable.OPERATION_NOT_ATTEMPTED.number : wireErrorOf(result.error);
  };
  if (!may.ok) {
    codeOf = () => wireErrorOf(may.error);
  } else if (partitions.length === found.length) {
    const added = await call.services.transactions.addPartitions(name, partitions, { verifyOnly });
    const code = added.ok ? noError : coordinatorCode('addPartitionsToTxn', call.version, added.error);
    codeOf = () => code;
  }
  let at = 0;
  return topics.map((topic) => ({
    name: topic.name,
    resultsByPartition: topic.partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf(at++),
    })),
  }));
}

/** Kafka asks for the transactional id before it asks for what is to be in the transaction. */
export function checkTransactionalId({ services }: KafkaCall, resourceName: string): Result<null> {
  return checkAccess(services.principal, { operation: 'WRITE', resourceType: 'TRANSACTIONAL_ID', resourceName });
}

/** In the order in which they stand in the request. */
async function findPartitions(call: KafkaCall, topics: AskedTopics): Promise<Result<TransactionPartition>[]> {
  const found = await inWaves(topics, async ({ name, partitions }) => {
    const route = await findTopic(call.services, { name }, 'WRITE');
    return partitions.map((partition): Result<TransactionPartition> => {
      const known = route.ok ? checkPartition(route.value, partition) : route;
      return known.ok ? ok({ topic: name, topicId: known.value.topicId, partition }) : known;
    });
  });
  return found.flat();
}

async function addOffsetsToTxn(call: KafkaCall, request: MessageOf<typeof addOffsetsToTxnRequest>) {
  const { groupId, ...name } = request;
  const may = checkTransactionalId(call, request.transactionalId);
  const group = may.ok ? groupOf(call, groupId, 'READ') : may;
  const added = group.ok ? await call.services.transactions.addGroup(name, groupId) : group;
  return { errorCode: added.ok ? noError : coordinatorCode('addOffsetsToTxn', call.version, added.error) };
}
