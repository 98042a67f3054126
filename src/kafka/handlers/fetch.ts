import { type Failed, failed, ok, type Result } from '../../errors/result.ts';
import type { AwaitedPlace } from '../../gateway/partition-news.ts';
import { partitionsAtOnce } from '../../gateway/waves.ts';
import { limits } from '../../limits.ts';
import type { Isolation } from '../../log/partition-rpc.ts';
import type { AbortedTransaction } from '../../log/transactions/open-transaction.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { fetchRequest, fetchResponse } from '../messages/fetch.ts';
import { checkPartition, findTopic, namedBy } from '../topic-lookup.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

/** From this version on topics are named by their ids (KIP-516). */
const topicIdsFrom = 13;

export const fetchApi = kafkaApi({
  key: 1,
  name: 'Fetch',
  versions: { min: 4, max: 18 },
  request: fetchRequest,
  response: fetchResponse,
  handle: fetch,
});

type Request = MessageOf<typeof fetchRequest>;
type AskedPartition = Request['topics'][number]['partitions'][number];

/** One partition of a request, and its topic's route or why there is none. */
type Wanted = { readonly route: Result<TopicRoute>; readonly asked: AskedPartition };

/** Isolation levels: a committed reader is shown nothing of transactions that are open. */
const readCommitted = 1;

type Read = {
  readonly records: Uint8Array;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Null for a reader that is shown everything. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
};

/**
 * Reads every partition of the request until there are enough bytes, and waits for news of them where there are not.
 * Sessions (KIP-227) are declined: the answer names none, and the client goes on naming its partitions.
 */
async function fetch(call: KafkaCall, request: Request) {
  if (request.sessionId !== 0) {
    const refusal = failed('FETCH_SESSION_ID_NOT_FOUND', 'The platform keeps no fetch sessions; begin without one.');
    return { errorCode: wireErrorOf(refusal.error), responses: [] };
  }
  const wanted = (await lookUp(call, request)).flat();
  const topics = new Set(wanted.flatMap(({ route }) => (route.ok ? [route.value.topic] : [])));
  const admitted = await call.quotas.fetch(topics);
  // An answer without partitions that says how long to wait is what Kafka's brokers give too (KIP-219).
  if (!admitted.ok && admitted.error.code === 'THROTTLING_QUOTA_EXCEEDED') return { errorCode: noError, responses: [] };
  const reads = await readPatiently(call, request, admitted.ok ? wanted : refused(wanted, admitted));
  for (const [index, read] of reads.entries()) {
    const { route } = wanted[index]!;
    if (route.ok && read.ok) call.quotas.sent(route.value.topic, read.value.records);
  }
  let at = 0;
  const responses = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => answerOf(partition, reads[at++]!)),
  }));
  return { errorCode: noError, responses };
}

/** Every partition is refused with the same. */
function refused(wanted: readonly Wanted[], failure: Failed): Wanted[] {
  return wanted.map(({ asked }) => ({ route: failure, asked }));
}

async function lookUp(call: KafkaCall, { topics }: Request): Promise<Wanted[][]> {
  return Promise.all(
    topics.map(async ({ topic, topicId, partitions }) => {
      const route = await findTopic(call.services, namedBy(call.version, topicIdsFrom, topic, topicId), 'READ');
      return partitions.map((asked) => ({ route, asked }));
    }),
  );
}

/** Reads again after each piece of news, until there is enough, something failed, or the time is up. */
async function readPatiently(call: KafkaCall, request: Request, wanted: readonly Wanted[]): Promise<Result<Read>[]> {
  const { clock } = call.services;
  const untilMs = clock.nowMs() + Math.min(request.maxWaitMs, limits.kafkaWaitMs.value);
  for (;;) {
    const reads = await readAll(call, request, wanted);
    const places = awaitedPlaces(wanted, reads);
    const bytes = reads.reduce((sum, read) => sum + (read.ok ? read.value.records.length : 0), 0);
    const leftMs = untilMs - clock.nowMs();
    const isEnough = bytes >= Math.min(request.minBytes, request.maxBytes) || reads.some((read) => !read.ok);
    if (isEnough || leftMs <= 0) return reads;
    await call.session.news.wait(places, leftMs);
  }
}

/** Where each partition's reader stands once it has what was read: that is where news must come from. */
function awaitedPlaces(wanted: readonly Wanted[], reads: readonly Result<Read>[]): AwaitedPlace[] {
  return wanted.flatMap(({ route, asked }, index) => {
    const read = reads[index]!;
    if (!route.ok || !read.ok) return [];
    return [{ route: route.value, partition: asked.partition, offset: read.value.highWatermark }];
  });
}

async function readAll(call: KafkaCall, request: Request, wanted: readonly Wanted[]): Promise<Result<Read>[]> {
  const reads: Result<Read>[] = [];
  const maxBytes = Math.min(request.maxBytes, limits.kafkaFetchBytes.value);
  let takenBytes = 0;
  for (let at = 0; at < wanted.length; at += partitionsAtOnce) {
    const leftBytes = maxBytes - takenBytes;
    const wave = wanted.slice(at, at + partitionsAtOnce);
    const isolation = request.isolationLevel === readCommitted ? 'read_committed' : 'read_uncommitted';
    const read = await Promise.all(wave.map((each) => readOne(call, each, leftBytes, isolation)));
    for (const [index, result] of read.entries()) {
      const room = Math.min(wave[index]!.asked.partitionMaxBytes, maxBytes - takenBytes);
      const taken = result.ok ? withinRoom(result.value, room, takenBytes === 0) : result;
      if (taken.ok) takenBytes += taken.value.records.length;
      reads.push(taken);
    }
  }
  return reads;
}

/** The first batch of the first partition that has one always comes, or its reader would stand still (KIP-74). */
function withinRoom(read: Read, room: number, isFirst: boolean): Result<Read> {
  return ok(isFirst || read.records.length <= room ? read : { ...read, records: new Uint8Array(0) });
}

async function readOne(
  call: KafkaCall,
  { route, asked }: Wanted,
  leftBytes: number,
  isolation: Isolation,
): Promise<Result<Read>> {
  if (!route.ok) return route;
  const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch } = asked;
  const known = checkPartition(route.value, partition);
  if (!known.ok) return known;
  if (fetchOffset < 0) return belowTheLog(fetchOffset);
  const read = await call.services.reader.read({
    topic: route.value.topic,
    partition,
    from: { offset: fetchOffset },
    maxBytes: Math.max(1, Math.min(partitionMaxBytes, leftBytes)),
    waitMs: 0,
    minBytes: 1,
    isolation,
    filtersItself: true,
    currentLeaderEpoch,
  });
  if (!read.ok) return read;
  const { response, highWatermark, lastStableOffset, logStartOffset, abortedTransactions } = read.value;
  const records = new Uint8Array(await response.arrayBuffer());
  const aborted = isolation === 'read_committed' ? (abortedTransactions ?? []) : null;
  return ok({ records, highWatermark, lastStableOffset, logStartOffset, abortedTransactions: aborted });
}

const belowTheLog = (offset: number): Failed =>
  failed('OFFSET_OUT_OF_RANGE', `offset ${offset} is outside the log, whose offsets begin at 0.`);

function answerOf(partitionIndex: number, read: Result<Read>) {
  if (!read.ok) {
    const errorCode = wireErrorOf(read.error);
    return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: null, records: new Uint8Array(0) };
  }
  return { partitionIndex, errorCode: noError, ...read.value };
}
