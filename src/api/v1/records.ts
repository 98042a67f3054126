import type { RecordKeyMatcher } from '../../authorization/record-key-rules.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { type ReadThrough, readHeaders } from '../../gateway/internal-http.ts';
import type { Produced } from '../../gateway/produce.ts';
import { parseNdjsonBody } from '../../json/ndjson-body.ts';
import { parseProduceBody } from '../../json/produce-body.ts';
import type { ProduceRecord } from '../../json/produce-record.ts';
import { renderRecords } from '../../json/render-records.ts';
import { limits } from '../../limits.ts';
import { decompress } from '../../log/compression.ts';
import type { IdempotencyClaim, ReadFrom } from '../../log/partition-rpc.ts';
import { dataAnswer, jsonTextAnswer } from '../answers.ts';
import { mediaTypes, negotiate, requestMediaType } from '../media-types.ts';
import { metrics } from '../metrics.ts';
import { problemAnswer } from '../problem.ts';
import { flag, integer, integerOr, oneOf, type QueryValues, readQuery, text } from '../query.ts';
import { readBody } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';

const encoder = new TextEncoder();

const lastPartition = limits.partitionsPerTopic.value - 1;

/** How all records of a request find their partition and key. */
export const produceQuery = {
  partition: integer({ min: 0, max: lastPartition, absent: undefined }),
  key: text({ min: 0, max: limits.keyPointerCharacters.value, absent: undefined }),
};

const readQueryShape = {
  offset: integerOr(['earliest', 'latest'], { min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }),
  timestamp: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }),
  max_records: integer({ min: 1, max: limits.readRecords.max, absent: limits.readRecords.value }),
  max_bytes: integer({ min: 1, max: limits.readBytes.max, absent: limits.readBytes.value }),
  wait_ms: integer({ min: 0, max: limits.readWaitMs.max, absent: limits.readWaitMs.value }),
  min_bytes: integer({ min: 1, max: limits.readBytes.max, absent: 1 }),
  as: oneOf(['auto', 'json', 'text', 'base64'], 'auto'),
  values_only: flag(false),
  isolation: oneOf(['read_uncommitted', 'read_committed'], 'read_uncommitted'),
};

type ReadQuery = QueryValues<typeof readQueryShape>;

export const recordHandlers = { produceRecords, readRecords } as const satisfies Record<string, Handler>;

async function produceRecords(c: ApiContext): Promise<Response> {
  const { req, env } = c;
  const type = requestMediaType(req.raw.headers, [mediaTypes.json, mediaTypes.ndjson, mediaTypes.batch]);
  if (!type.ok) return problemAnswer(type.error);
  const query = readQuery(req.url, produceQuery);
  if (!query.ok) return problemAnswer(query.error);
  const body = await readBody(req.raw);
  if (!body.ok) return problemAnswer(body.error);
  const claim = await readClaim(req.raw, body.value, env.clock.nowMs());
  if (!claim.ok) return problemAnswer(claim.error);
  const topic = c.req.param('topic') ?? '';
  const produced = await produceBody(c, topic, type.value, query.value, body.value, claim.value);
  if (!produced.ok) return problemAnswer(produced.error);
  metrics.count('millrace_records_in_total', {}, produced.value.results.length);
  metrics.count('millrace_bytes_in_total', {}, body.value.length);
  return jsonTextAnswer(produceAnswer(produced.value));
}

async function produceBody(
  c: ApiContext,
  topic: string,
  type: string,
  query: QueryValues<typeof produceQuery>,
  body: Uint8Array,
  claim: IdempotencyClaim | null,
): Promise<Result<Produced>> {
  const { producer } = c.env;
  if (type === mediaTypes.batch) {
    if (query.key !== undefined)
      return failed('INVALID_REQUEST', 'Query parameter key is for NDJSON; batches carry their keys.');
    if (query.partition === undefined) {
      return failed('INVALID_REQUEST', 'Record batches go to one partition; name it with ?partition=.');
    }
    return producer.produceBatches(topic, query.partition, body, claim);
  }
  const records = parseRecords(type, query, body);
  if (!records.ok) return records;
  const { partition } = query;
  const pinned = partition === undefined ? records.value : records.value.map((record) => ({ ...record, partition }));
  return producer.produceRecords(topic, pinned, claim);
}

/** The records of a JSON or NDJSON body. */
export function parseRecords(
  type: string,
  query: QueryValues<typeof produceQuery>,
  body: Uint8Array,
): Result<ProduceRecord[]> {
  const bounds = { maxRecords: limits.recordsPerRequest.value };
  if (type === mediaTypes.ndjson) return parseNdjsonBody(body, { ...bounds, keyPointer: query.key ?? null });
  if (query.key !== undefined)
    return failed('INVALID_REQUEST', 'Query parameter key is for NDJSON; JSON records carry their key.');
  return parseProduceBody(body, bounds);
}

/** The request's Idempotency-Key, which counts within `scope`, with what identifies its body; null without one. */
export async function readClaim(
  request: Request,
  body: Uint8Array,
  nowMs: number,
  scope = '',
): Promise<Result<IdempotencyClaim | null>> {
  const key = request.headers.get('idempotency-key');
  if (key === null) return ok(null);
  if (key.length === 0 || key.length > limits.idempotencyKeyCharacters.value) {
    return failed(
      'INVALID_REQUEST',
      `Idempotency-Key takes 1 to ${limits.idempotencyKeyCharacters.value} characters, not ${key.length}.`,
    );
  }
  const query = new URL(request.url).search;
  const described = encoder.encode(`${request.headers.get('content-type')}\n${query}\n`);
  const hashed = new Uint8Array(described.length + body.length);
  hashed.set(described);
  hashed.set(body, described.length);
  const [keyHash, bodyHash] = await Promise.all([sha256Hex(encoder.encode(scope + key)), sha256Hex(hashed)]);
  return ok({ keyHash, bodyHash, requestedAtMs: nowMs });
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What became of each record. Built as text: JSON.stringify of thousands of small objects would cost more than everything else of the answer. */
export function produceAnswer({ results, duplicate }: Produced): string {
  const rows = results.map((result) =>
    'error' in result
      ? JSON.stringify(result)
      : `{"partition":${result.partition},"offset":${result.offset},"timestamp":${result.timestamp}}`,
  );
  return `{"results":[${rows.join(',')}]${duplicate ? ',"duplicate":true' : ''}}`;
}

async function readRecords(c: ApiContext): Promise<Response> {
  const { req, env } = c;
  const format = negotiate(req.raw.headers, [mediaTypes.json, mediaTypes.ndjson, mediaTypes.batch]);
  if (!format.ok) return problemAnswer(format.error);
  const query = readQuery(req.url, readQueryShape);
  if (!query.ok) return problemAnswer(query.error);
  const partition = readPartition(c.req.param('partition') ?? '');
  if (!partition.ok) return problemAnswer(partition.error);
  const from = readFrom(query.value);
  if (!from.ok) return problemAnswer(from.error);
  const options = {
    topic: c.req.param('topic') ?? '',
    partition: partition.value,
    from: from.value,
    maxBytes: query.value.max_bytes,
    waitMs: query.value.wait_ms,
    minBytes: query.value.min_bytes,
    isolation: query.value.isolation,
  };
  if (format.value === mediaTypes.batch) return batchAnswer(c, options.topic, await env.reader.read(options));
  const some = await env.reader.readSome(options);
  if (!some.ok) return problemAnswer(some.error);
  const { read, matcher } = some.value;
  const batches = new Uint8Array(await read.response.arrayBuffer());
  const rendering = { partition: partition.value, matcher };
  const answer = renderAnswer(batches, read, rendering, query.value, format.value);
  if (!answer.ok) return problemAnswer(answer.error);
  const { records, body, headers } = answer.value;
  c.sent(new Map([[options.topic, records]]), body.length);
  return headers === null ? jsonTextAnswer(body) : dataAnswer(body, mediaTypes.ndjson, headers);
}

/** The partition's own answer, passed on without a look at the body. */
function batchAnswer(c: ApiContext, topic: string, outcome: Result<ReadThrough>): Response {
  if (!outcome.ok) return problemAnswer(outcome.error);
  const read = outcome.value;
  const fact = (name: string) => Number(read.response.headers.get(name) ?? 0);
  c.sent(new Map([[topic, fact(readHeaders.recordCount)]]), fact('content-length'));
  return dataAnswer(read.response.body ?? '', mediaTypes.batch, offsetHeaders(read, read.nextOffset));
}

/** A body of records; JSON says the offsets in it, and NDJSON in headers. */
type RenderedAnswer = {
  readonly records: number;
  readonly body: Uint8Array;
  readonly headers: Record<string, string> | null;
};

function renderAnswer(
  batches: Uint8Array,
  read: ReadThrough,
  { partition, matcher }: { readonly partition: number; readonly matcher: RecordKeyMatcher | null },
  query: ReadQuery,
  format: string,
): Result<RenderedAnswer> {
  const isNdjson = format === mediaTypes.ndjson;
  const rendered = renderRecords(batches, {
    partition,
    fromOffset: read.startOffset,
    maxRecords: query.max_records,
    as: query.as,
    shape: isNdjson && query.values_only ? 'value' : 'record',
    isSingleLine: isNdjson,
    ...(matcher === null ? {} : { isShown: (key) => matcher.matches(key) }),
    decompress,
  });
  if (!rendered.ok) return rendered;
  const { offsets } = rendered.value;
  // Without a record among them, the offsets that were read are passed over.
  const nextOffset = offsets.length === 0 ? read.nextOffset : rendered.value.nextOffset;
  const records = offsets.length;
  if (isNdjson) {
    const body = records === 0 ? new Uint8Array(0) : rendered.value.joinBytes('\n', '', '\n');
    return ok({ records, body, headers: offsetHeaders(read, nextOffset) });
  }
  const { highWatermark, logStartOffset } = read;
  const end = `],"next_offset":${nextOffset},"high_watermark":${highWatermark},"log_start_offset":${logStartOffset}}`;
  return ok({ records, body: rendered.value.joinBytes(',', '{"records":[', end), headers: null });
}

function offsetHeaders(read: ReadThrough, nextOffset: number): Record<string, string> {
  return {
    [readHeaders.nextOffset]: String(nextOffset),
    [readHeaders.highWatermark]: String(read.highWatermark),
    [readHeaders.logStartOffset]: String(read.logStartOffset),
  };
}

function readFrom({ offset, timestamp }: ReadQuery): Result<ReadFrom> {
  if (offset !== undefined && timestamp !== undefined) {
    return failed('INVALID_REQUEST', 'Give offset or timestamp, not both.');
  }
  if (timestamp !== undefined) return ok({ timestampMs: timestamp });
  if (typeof offset === 'number') return ok({ offset });
  return ok(offset ?? 'earliest');
}

/** The `{partition}` of a path. */
export function readPartition(text: string): Result<number> {
  const partition = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (partition <= lastPartition) return ok(partition);
  return failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Partition "${text.slice(0, 50)}" is no integer from 0 to ${lastPartition}.`,
  );
}
