import type { Failure } from '../../errors/result.ts';
import type { OffsetCommit } from '../../groups/committed-offset.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from '../messages/txn-offset-commit.ts';
import { findTopic } from '../topic-lookup.ts';
import { addsItselfFrom, participantCode } from '../transaction-codes.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError } from '../wire-error.ts';
import { checkTransactionalId } from './add-to-transaction.ts';
import { groupOf, keyOf, sortCommits } from './group-offsets.ts';

export const txnOffsetCommitApi = kafkaApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: { min: 0, max: 5 },
  request: txnOffsetCommitRequest,
  response: txnOffsetCommitResponse,
  handle: txnOffsetCommit,
});

type Request = MessageOf<typeof txnOffsetCommitRequest>;

/** Keeps offsets that become the group's with the transaction. What a partition's offset is refused with stands by it. */
async function txnOffsetCommit(call: KafkaCall, request: Request) {
  const failures = new Map<string, Failure>();
  const commits: OffsetCommit[] = [];
  for (const { name, partitions } of request.topics) {
    const route = await findTopic(call.services, { name }, 'READ');
    sortCommits({ commits, failures }, name, route, partitions);
  }
  const refusal = await store(call, request, commits, failures);
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        const failure = refusal ?? failures.get(keyOf({ topic: name, partition: partitionIndex }));
        const errorCode = failure === undefined ? noError : participantCode('txnOffsetCommit', call.version, failure);
        return { partitionIndex, errorCode };
      }),
    })),
  };
}

/** Answers what refuses all of them, or notes each one's own failure. */
async function store(
  call: KafkaCall,
  request: Request,
  commits: readonly OffsetCommit[],
  failures: Map<string, Failure>,
): Promise<Failure | undefined> {
  const { transactionalId, producerId, producerEpoch, groupId, memberId, groupInstanceId, generationId } = request;
  const may = checkTransactionalId(call, transactionalId);
  const group = may.ok ? groupOf(call, groupId, 'READ') : may;
  if (!group.ok) return group.error;
  const isMember = memberId !== '' || groupInstanceId !== null || generationId >= 0;
  const claim = isMember ? { memberId, instanceId: groupInstanceId, generationId } : null;
  const committed = await call.services.transactions.commitClientOffsets(
    { transactionalId, producerId, producerEpoch },
    { groupId, claim, commits, addsGroup: call.version >= addsItselfFrom.txnOffsetCommit },
  );
  if (!committed.ok) return committed.error;
  for (const { commit, failure } of committed.value.refused) failures.set(keyOf(commit), failure);
  return undefined;
}
