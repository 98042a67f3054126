import { checkEach } from '../../authorization/access-check.ts';
import {
  type TransactionJson,
  type TransactionListJson,
  type TransactionProducerJson,
  transactionEndSchema,
  transactionInitSchema,
  transactionOffsetsSchema,
} from '../../contracts/transactions.ts';
import type { Result } from '../../errors/result.ts';
import { commitsOf, refusedJson } from '../../gateway/group-json.ts';
import type { TransactionName } from '../../gateway/transactions/transaction-gateway.ts';
import { limits } from '../../limits.ts';
import type { TransactionDescription, TransactionProducer } from '../../transactions/transaction-rpc.ts';
import { jsonAnswer, jsonTextAnswer } from '../answers.ts';
import { mediaTypes, requestMediaType } from '../media-types.ts';
import { encodeCursor, pageCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { integer, readQuery, text } from '../query.ts';
import { readBody, readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { parseRecords, produceAnswer, produceQuery, readClaim } from './records.ts';

const listQuery = {
  prefix: text({ min: 0, max: limits.transactionalIdCharacters.value, absent: '' }),
  limit: integer({ min: 1, max: limits.transactionalIdsPerPage.max, absent: limits.transactionalIdsPerPage.value }),
  cursor: pageCursor,
};

const produceInTransactionQuery = {
  ...produceQuery,
  topic: text({ min: 1, max: limits.topicNameCharacters.value, absent: '' }),
  producer_id: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: -1 }),
  producer_epoch: integer({ min: 0, max: 32_767, absent: -1 }),
};

const initTransactions: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, transactionInitSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { transactional_id: transactionalId, timeout_ms: timeoutMs = limits.transactionTimeoutMs.value } = body.value;
  const { producer_id: producerId, producer_epoch: producerEpoch } = body.value;
  const current = producerId === undefined || producerEpoch === undefined ? null : { producerId, producerEpoch };
  return producerAnswer(transactionalId, await c.env.transactions.initProducer(transactionalId, timeoutMs, current));
};

const listTransactions: Handler = async (c) => {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { prefix, limit, cursor: after } = query.value;
  const listed = await c.env.transactions.list({ prefix, limit, after });
  if (!listed.ok) return problemAnswer(listed.error);
  const { transactions, next } = listed.value;
  return jsonAnswer({
    transactions: transactions.map(transactionJson),
    next_cursor: next === null ? null : encodeCursor(next),
  } satisfies TransactionListJson);
};

const describeTransaction: Handler = async (c) => describedAnswer(await c.env.transactions.describe(idOf(c)));

const terminateTransaction: Handler = async (c) => {
  const recorded = await c.env.recordAttempt('transactions.terminate', idOf(c));
  return describedAnswer(recorded.ok ? await c.env.transactions.abort(idOf(c)) : recorded);
};

const produceInTransaction: Handler = async (c) => {
  const { req, env } = c;
  const type = requestMediaType(req.raw.headers, [mediaTypes.json, mediaTypes.ndjson]);
  if (!type.ok) return problemAnswer(type.error);
  const query = readQuery(req.url, produceInTransactionQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { topic, partition, producer_id: producerId, producer_epoch: producerEpoch } = query.value;
  if (topic === '' || producerId < 0 || producerEpoch < 0) {
    const message =
      'Query parameters topic, producer_id and producer_epoch are needed: where to write, and in which transaction.';
    return problemAnswer({ code: 'INVALID_REQUEST', message });
  }
  const body = await readBody(req.raw);
  if (!body.ok) return problemAnswer(body.error);
  // A key counts within one transaction: what an aborted one was answered must not be answered again.
  const scope = `${producerId} ${producerEpoch} `;
  const claim = await readClaim(req.raw, body.value, env.clock.nowMs(), scope);
  if (!claim.ok) return problemAnswer(claim.error);
  const records = parseRecords(type.value, query.value, body.value);
  if (!records.ok) return problemAnswer(records.error);
  const pinned = partition === undefined ? records.value : records.value.map((record) => ({ ...record, partition }));
  const name = { transactionalId: idOf(c), producerId, producerEpoch };
  const produced = await env.transactions.produce(name, topic, pinned, claim.value);
  return produced.ok ? jsonTextAnswer(produceAnswer(produced.value)) : problemAnswer(produced.error);
};

const commitOffsetsInTransaction: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, transactionOffsetsSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { group, member_id: memberId, member_epoch: memberEpoch = 0, instance_id: instanceId = null } = body.value;
  const commits = commitsOf(body.value.offsets);
  const topics = commits.map(({ topic }) => topic);
  const allowed = checkEach(c.env.principal, 'READ', 'TOPIC', topics);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const checked = await c.env.groups.ends.check(commits);
  const claim = memberId === undefined ? null : { memberId, memberEpoch, instanceId };
  const committed = await c.env.transactions.commitOffsets(nameOf(c, body.value), group, {
    claim,
    commits: checked.existing,
  });
  if (!committed.ok) return problemAnswer(committed.error);
  return jsonAnswer({ refused: refusedJson([...checked.refused, ...committed.value.refused]) });
};

const commitTransaction: Handler = (c) => endTransaction(c, true);

const abortTransaction: Handler = (c) => endTransaction(c, false);

export const transactionHandlers = {
  initTransactions,
  listTransactions,
  describeTransaction,
  produceInTransaction,
  commitOffsetsInTransaction,
  commitTransaction,
  abortTransaction,
  terminateTransaction,
} as const satisfies Record<string, Handler>;

async function endTransaction(c: ApiContext, committed: boolean): Promise<Response> {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, transactionEndSchema);
  if (!body.ok) return problemAnswer(body.error);
  return producerAnswer(idOf(c), await c.env.transactions.end(nameOf(c, body.value), committed, true));
}

function producerAnswer(transactionalId: string, producer: Result<TransactionProducer>): Response {
  if (!producer.ok) return problemAnswer(producer.error);
  const { producerId, producerEpoch } = producer.value;
  return jsonAnswer({
    transactional_id: transactionalId,
    producer_id: producerId,
    producer_epoch: producerEpoch,
  } satisfies TransactionProducerJson);
}

function describedAnswer(described: Result<TransactionDescription>): Response {
  return described.ok ? jsonAnswer(transactionJson(described.value)) : problemAnswer(described.error);
}

function transactionJson(transaction: TransactionDescription): TransactionJson {
  const partitions: Record<string, number[]> = {};
  for (const { topic, partition } of transaction.partitions) {
    partitions[topic] = [...(partitions[topic] ?? []), partition].sort((one, other) => one - other);
  }
  return {
    transactional_id: transaction.transactionalId,
    state: transaction.phase,
    producer_id: transaction.producerId,
    producer_epoch: transaction.producerEpoch,
    timeout_ms: transaction.timeoutMs,
    started_at: transaction.startedAtMs,
    partitions,
    groups: [...transaction.groupIds],
  };
}

const idOf = (c: ApiContext): string => c.req.param('transactional_id') ?? '';

function nameOf(
  c: ApiContext,
  body: { readonly producer_id: number; readonly producer_epoch: number },
): TransactionName {
  return { transactionalId: idOf(c), producerId: body.producer_id, producerEpoch: body.producer_epoch };
}
