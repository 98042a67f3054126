import { mayAccess } from '../../authorization/authorize.ts';
import { ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import { parseTopicPattern } from '../../groups/topic-pattern.ts';
import { limits } from '../../limits.ts';
import type { TransactionDescription } from '../../transactions/transaction-rpc.ts';
import { type TransactionPhase, transactionPhases } from '../../transactions/transaction-state.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { describeTransactionsRequest, describeTransactionsResponse } from '../messages/describe-transactions.ts';
import { listTransactionsRequest, listTransactionsResponse } from '../messages/list-transactions.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const describeTransactionsApi = kafkaApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: { min: 0, max: 0 },
  request: describeTransactionsRequest,
  response: describeTransactionsResponse,
  handle: async (call, { transactionalIds }) => ({
    transactionStates: await inWaves(transactionalIds, (transactionalId) => describeOne(call, transactionalId)),
  }),
});

export const listTransactionsApi = kafkaApi({
  key: 66,
  name: 'ListTransactions',
  versions: { min: 0, max: 2 },
  request: listTransactionsRequest,
  response: listTransactionsResponse,
  handle: listTransactions,
});

type ListRequest = MessageOf<typeof listTransactionsRequest>;

async function describeOne({ services }: KafkaCall, transactionalId: string) {
  const described = await services.transactions.describe(transactionalId);
  if (!described.ok) {
    const unknown = { transactionState: '', transactionTimeoutMs: 0, transactionStartTimeMs: -1, topics: [] };
    const errorCode = wireErrorOf(described.error);
    return { ...unknown, errorCode, transactionalId, producerId: -1, producerEpoch: -1 };
  }
  const { phase, timeoutMs, startedAtMs, producerId, producerEpoch, partitions } = described.value;
  // Topics that the principal may not see are left out, as Kafka does.
  const shown = partitions.filter(({ topic: resourceName }) =>
    mayAccess(services.principal, { operation: 'DESCRIBE', resourceType: 'TOPIC', resourceName }),
  );
  return {
    errorCode: noError,
    transactionalId,
    transactionState: phase,
    transactionTimeoutMs: timeoutMs,
    transactionStartTimeMs: startedAtMs ?? -1,
    producerId,
    producerEpoch,
    topics: [...Map.groupBy(shown, ({ topic }) => topic)].map(([topic, same]) => ({
      topic,
      partitions: same.map(({ partition }) => partition),
    })),
  };
}

/** All that the filters let through. A state that there is not is named in the answer, and lets nothing through. */
async function listTransactions(call: KafkaCall, request: ListRequest) {
  const unknownStateFilters = request.stateFilters.filter((state) => !isPhase(state));
  const refused = (errorCode: number) => ({ errorCode, unknownStateFilters, transactionStates: [] });
  const { transactionalIdPattern: source } = request;
  const pattern = source === null || source === '' ? ok(null) : parseTopicPattern(source);
  if (!pattern.ok) return refused(wireErrorOf(pattern.error));
  const listed = await allTransactions(call);
  if (!listed.ok) return refused(wireErrorOf(listed.error));
  const nowMs = call.services.clock.nowMs();
  const transactionStates = listed.value
    .filter((transaction) => isAskedFor(transaction, request, nowMs))
    .filter(({ transactionalId }) => pattern.value?.matches(transactionalId) ?? true)
    .map(({ transactionalId, producerId, phase }) => ({ transactionalId, producerId, transactionState: phase }));
  return { errorCode: noError, unknownStateFilters, transactionStates };
}

const isPhase = (state: string): state is TransactionPhase => (transactionPhases as readonly string[]).includes(state);

function isAskedFor(
  { phase, producerId, startedAtMs }: TransactionDescription,
  { stateFilters, producerIdFilters, durationFilter }: ListRequest,
  nowMs: number,
): boolean {
  if (stateFilters.length > 0 && !stateFilters.includes(phase)) return false;
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(producerId)) return false;
  return durationFilter < 0 || (startedAtMs !== null && nowMs - startedAtMs > durationFilter);
}

async function allTransactions({ services }: KafkaCall): Promise<Result<TransactionDescription[]>> {
  const limit = limits.transactionalIdsPerPage.max;
  const found: TransactionDescription[] = [];
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof services.transactions.list>> = await services.transactions.list({
      prefix: '',
      limit,
      after,
    });
    if (!page.ok) return page;
    found.push(...page.value.transactions);
    if (page.value.next === null) return ok(found);
    after = page.value.next;
  }
}
