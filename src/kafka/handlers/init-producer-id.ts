import { checkAccess } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import { failed, type Result } from '../../errors/result.ts';
import type { TransactionProducer } from '../../transactions/transaction-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { initProducerIdRequest, initProducerIdResponse } from '../messages/init-producer-id.ts';
import { coordinatorCode } from '../transaction-codes.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError } from '../wire-error.ts';

export const initProducerIdApi = kafkaApi({
  key: 22,
  name: 'InitProducerId',
  versions: { min: 0, max: 5 },
  request: initProducerIdRequest,
  response: initProducerIdResponse,
  handle: initProducerId,
});

type Request = MessageOf<typeof initProducerIdRequest>;

/** What a request has instead of a producer id and an epoch. */
const none = -1;

async function initProducerId(call: KafkaCall, request: Request) {
  const given = request.transactionalId === null ? await giveId(call) : await giveEpoch(call, request);
  if (!given.ok) {
    return { errorCode: coordinatorCode('initProducerId', call.version, given.error), producerEpoch: none };
  }
  return { errorCode: noError, ...given.value };
}

/** A fresh producer id, also for a producer that has one: its epoch then begins anew, and so do its sequences. */
async function giveId({ services }: KafkaCall): Promise<Result<TransactionProducer>> {
  const access = { operation: 'IDEMPOTENT_WRITE', resourceType: 'CLUSTER', resourceName: clusterResource } as const;
  const may = checkAccess(services.principal, access);
  return may.ok ? services.catalog.allocateProducerId(services.cluster) : may;
}

/** The next epoch of a transactional id, which fences whoever has an earlier one; what that one left open is aborted. */
async function giveEpoch({ services }: KafkaCall, request: Request): Promise<Result<TransactionProducer>> {
  const { transactionTimeoutMs, producerId, producerEpoch } = request;
  if ((producerId === none) !== (producerEpoch === none)) {
    return failed('INVALID_REQUEST', 'Give the producer id and its epoch, or neither.');
  }
  const current = producerId === none ? null : { producerId, producerEpoch };
  return services.transactions.initProducer(request.transactionalId ?? '', transactionTimeoutMs, current);
}
