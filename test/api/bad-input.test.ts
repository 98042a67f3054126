import { beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import { encodeBatch } from '../../src/log/record.ts';
import type { CheckedInit } from '../support/checked-api.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

type Problem = { code: string; detail: string; context?: Record<string, unknown> };

const encoder = new TextEncoder();
const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };
const batchType = { 'content-type': 'application/vnd.millrace.batch' };

const platform = new MemoryPlatform();
const { api } = platform;

/** A batch as a client makes it, of one record. */
function batchOf(value: string, producer?: { producerId: number; producerEpoch: number; baseSequence: number }) {
  return encodeBatch([{ timestampMs: platform.nowMs, key: null, value: encoder.encode(value), headers: [] }], producer);
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

async function highWatermarks(): Promise<number[]> {
  const marks: number[] = [];
  for (const partition of [0, 1]) {
    const answer = await api.request(`/v1/topics/orders/partitions/${partition}/records?offset=latest`);
    marks.push(((await answer.json()) as { high_watermark: number }).high_watermark);
  }
  return marks;
}

beforeAll(async () => {
  const create = (body: unknown) =>
    api.request('/v1/topics', { method: 'POST', headers: json, body: JSON.stringify(body) });
  expect((await create({ name: 'orders', partitions: 2 })).status).toBe(201);
  expect((await create({ name: 'small', config: { 'max.message.bytes': '200' } })).status).toBe(201);
  const records = [0, 1].map((partition) => ({ partition, value: 'first' }));
  const produced = await api.request('/v1/topics/orders/records', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ records }),
  });
  expect(await produced.json()).toMatchObject({ results: [{ offset: 0 }, { offset: 0 }] });
  const sequenced = batchOf('sequenced', { producerId: 5_000, producerEpoch: 1, baseSequence: 0 });
  expect((await post('/v1/topics/orders/records?partition=0', sequenced, batchType)).status).toBe(200);
});

function post(path: string, body: string | Uint8Array, headers: Record<string, string> = json): Promise<Response> {
  return api.request(path, { method: 'POST', body, headers });
}

const records = (...list: unknown[]) => JSON.stringify({ records: list });

/** Bytes of a record batch: where its magic, its CRC's last byte, its attributes and its records are. */
const magicAt = 16;
const crcAt = 20;
const attributesAt = 22;

type Case = readonly [what: string, status: number, code: string, path: string, init: CheckedInit, context?: object];

function produce(
  what: string,
  status: number,
  code: string,
  query: string,
  headers: Record<string, string>,
  body: string | Uint8Array,
  context?: object,
): Case {
  return [what, status, code, `/v1/topics/orders/records${query}`, { method: 'POST', headers, body }, context];
}

const producing: readonly Case[] = [
  produce(
    'an unknown partition',
    404,
    'UNKNOWN_TOPIC_OR_PARTITION',
    '',
    json,
    records({ value: 1 }, { value: 2, partition: 2 }),
  ),
  produce(
    'an unknown pinned partition',
    404,
    'UNKNOWN_TOPIC_OR_PARTITION',
    '?partition=2',
    json,
    records({ value: 1 }),
  ),
  produce('malformed JSON', 400, 'MALFORMED_JSON', '', json, '{"records":[\n{"value":1},\n{"value":}]}', {
    line: 3,
    column: 10,
  }),
  produce('no body', 400, 'MALFORMED_JSON', '', json, ''),
  produce('two documents', 400, 'MALFORMED_JSON', '', json, `${records({ value: 1 })}{}`),
  produce('JSON of another shape', 400, 'INVALID_REQUEST', '', json, '[{"value":1}]'),
  produce('no records', 400, 'INVALID_REQUEST', '', json, records()),
  produce('an unknown field', 400, 'INVALID_REQUEST', '', json, records({ valeu: 1 })),
  produce('two forms of value', 400, 'INVALID_REQUEST', '', json, records({ value: 1, value_text: '1' })),
  produce('a negative partition', 400, 'INVALID_REQUEST', '', json, records({ value: 1, partition: -1 })),
  produce('bad base64', 400, 'INVALID_REQUEST', '', json, records({ value_base64: '$' })),
  produce('bad UTF-8 in JSON', 400, 'MALFORMED_UTF8', '', json, Uint8Array.of(0x22, 0xc3, 0x28, 0x22)),
  produce(
    'JSON that is too deep',
    400,
    'MALFORMED_JSON',
    '',
    json,
    `{"records":[{"value":${'['.repeat(70)}${']'.repeat(70)}}]}`,
  ),
  produce(
    'too many records',
    413,
    'RECORD_LIST_TOO_LARGE',
    '',
    json,
    records(...Array.from({ length: 10_001 }, () => ({ value: 1 }))),
  ),
  produce('a body over the limit', 413, 'BODY_TOO_LARGE', '', json, new Uint8Array(limits.requestBodyBytes.value + 1), {
    limit_bytes: limits.requestBodyBytes.value,
  }),
  produce('one bad NDJSON line', 400, 'MALFORMED_JSON', '', ndjson, '{"a":1}\n{"a":2}\n{"a":\n{"a":4}\n', { line: 3 }),
  produce('bad UTF-8 in NDJSON', 400, 'MALFORMED_UTF8', '', ndjson, Uint8Array.of(0x31, 0x0a, 0x22, 0xff, 0x22)),
  produce('an empty NDJSON line', 400, 'MALFORMED_JSON', '', ndjson, '1\n\n2\n', { line: 2 }),
  produce('NDJSON without lines', 400, 'INVALID_REQUEST', '', ndjson, ''),
  produce('a bad key pointer', 400, 'INVALID_REQUEST', '?key=id', ndjson, '{"id":1}'),
  produce('another content type', 415, 'UNSUPPORTED_MEDIA_TYPE', '', { 'content-type': 'text/csv' }, 'a,b'),
  produce('no content type', 415, 'UNSUPPORTED_MEDIA_TYPE', '', {}, encoder.encode(records({ value: 1 }))),
  produce('an unknown query parameter', 400, 'INVALID_REQUEST', '?partitions=1', json, records({ value: 1 }), {
    parameter: 'partitions',
  }),
  produce('a key pointer for JSON', 400, 'INVALID_REQUEST', '?key=/id', json, records({ value: 1 })),
  produce(
    'an Idempotency-Key that is too long',
    400,
    'INVALID_REQUEST',
    '',
    { ...json, 'idempotency-key': 'k'.repeat(257) },
    records({ value: 1 }),
  ),
  produce('batches for no partition', 400, 'INVALID_REQUEST', '', batchType, batchOf('x')),
  produce(
    'a batch whose CRC does not match',
    400,
    'CORRUPT_MESSAGE',
    '?partition=0',
    batchType,
    changed(batchOf('x'), crcAt, 0),
  ),
  produce('a truncated batch', 400, 'CORRUPT_MESSAGE', '?partition=0', batchType, batchOf('x').subarray(0, -1)),
  produce(
    'a good batch and half a batch',
    400,
    'CORRUPT_MESSAGE',
    '?partition=0',
    batchType,
    Uint8Array.of(...batchOf('x'), ...batchOf('y').subarray(0, 30)),
  ),
  produce('no batch', 400, 'INVALID_RECORD', '?partition=0', batchType, ''),
  produce(
    'a batch of an old magic',
    400,
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    '?partition=0',
    batchType,
    changed(batchOf('x'), magicAt, 1),
  ),
  produce(
    'an unsupported compression',
    400,
    'UNSUPPORTED_COMPRESSION_TYPE',
    '?partition=0',
    batchType,
    changed(batchOf('x'), attributesAt, 5),
  ),
  produce(
    'a sequence gap',
    409,
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    '?partition=0',
    batchType,
    batchOf('x', { producerId: 5_000, producerEpoch: 1, baseSequence: 7 }),
  ),
  produce(
    'an old producer epoch',
    409,
    'INVALID_PRODUCER_EPOCH',
    '?partition=0',
    batchType,
    batchOf('x', { producerId: 5_000, producerEpoch: 0, baseSequence: 1 }),
  ),
];

const reading: readonly Case[] = [
  [
    'an offset above the end',
    416,
    'OFFSET_OUT_OF_RANGE',
    '/v1/topics/orders/partitions/1/records?offset=2',
    {},
    { log_start_offset: 0, high_watermark: 1 },
  ],
  [
    'a negative offset',
    400,
    'INVALID_REQUEST',
    '/v1/topics/orders/partitions/0/records?offset=-1',
    {},
    { parameter: 'offset' },
  ],
  [
    'a negative max_bytes',
    400,
    'INVALID_REQUEST',
    '/v1/topics/orders/partitions/0/records?max_bytes=-1',
    {},
    { parameter: 'max_bytes' },
  ],
  [
    'a wait that is too long',
    400,
    'INVALID_REQUEST',
    '/v1/topics/orders/partitions/0/records?wait_ms=30001',
    {},
    { parameter: 'wait_ms' },
  ],
  [
    'an unknown rendering',
    400,
    'INVALID_REQUEST',
    '/v1/topics/orders/partitions/0/records?as=xml',
    {},
    { parameter: 'as' },
  ],
  [
    'an offset and a timestamp',
    400,
    'INVALID_REQUEST',
    '/v1/topics/orders/partitions/0/records?offset=0&timestamp=0',
    {},
  ],
  ['an unknown topic', 404, 'UNKNOWN_TOPIC_OR_PARTITION', '/v1/topics/nope/partitions/0/records', {}],
  ['an unknown partition', 404, 'UNKNOWN_TOPIC_OR_PARTITION', '/v1/topics/orders/partitions/2/records', {}],
  ['a partition that is no number', 404, 'UNKNOWN_TOPIC_OR_PARTITION', '/v1/topics/orders/partitions/x/records', {}],
  [
    'a form that is not offered',
    406,
    'NOT_ACCEPTABLE',
    '/v1/topics/orders/partitions/0/records',
    { headers: { accept: 'text/csv' } },
  ],
];

const create = (what: string, status: number, code: string, body: string): Case => [
  what,
  status,
  code,
  '/v1/topics',
  { method: 'POST', headers: json, body },
];
const alter = (what: string, status: number, code: string, topic: string, body: unknown): Case => [
  what,
  status,
  code,
  `/v1/topics/${topic}`,
  { method: 'PATCH', headers: json, body: JSON.stringify(body) },
];

const topics: readonly Case[] = [
  create('a name with a slash', 400, 'INVALID_TOPIC_EXCEPTION', '{"name":"a/b"}'),
  create('an empty name', 400, 'INVALID_TOPIC_EXCEPTION', '{"name":""}'),
  create('a name of dots', 400, 'INVALID_TOPIC_EXCEPTION', '{"name":".."}'),
  create('a name that is too long', 400, 'INVALID_TOPIC_EXCEPTION', `{"name":"${'a'.repeat(250)}"}`),
  create("a name of the platform's own", 400, 'INVALID_TOPIC_EXCEPTION', '{"name":"__x"}'),
  create('a duplicate name', 409, 'TOPIC_ALREADY_EXISTS', '{"name":"orders"}'),
  create('1,001 partitions', 400, 'INVALID_PARTITIONS', '{"name":"x","partitions":1001}'),
  create('0 partitions', 400, 'INVALID_PARTITIONS', '{"name":"x","partitions":0}'),
  create('an unknown config key', 400, 'INVALID_CONFIG', '{"name":"x","config":{"retention.hours":"1"}}'),
  create(
    'a config value out of bounds',
    400,
    'INVALID_CONFIG',
    '{"name":"x","config":{"max.message.bytes":"1900001"}}',
  ),
  create('malformed JSON', 400, 'MALFORMED_JSON', '{"name":"x"'),
  create('an unknown field', 400, 'INVALID_REQUEST', '{"name":"x","partition":1}'),
  create('a body over the limit', 413, 'BODY_TOO_LARGE', `"${'x'.repeat(limits.controlBodyBytes.value)}"`),
  alter('fewer partitions', 400, 'INVALID_PARTITIONS', 'orders', { partitions: 1 }),
  alter('an unknown topic', 404, 'UNKNOWN_TOPIC_OR_PARTITION', 'nope', { partitions: 4 }),
  alter('an unknown config key', 400, 'INVALID_CONFIG', 'orders', { config: { x: null } }),
  ['an unknown topic to describe', 404, 'UNKNOWN_TOPIC_OR_PARTITION', '/v1/topics/nope', {}],
  ['an unknown topic to delete', 404, 'UNKNOWN_TOPIC_OR_PARTITION', '/v1/topics/nope', { method: 'DELETE' }],
  ['a limit of 0', 400, 'INVALID_REQUEST', '/v1/topics?limit=0', {}, { parameter: 'limit' }],
  ['a limit of 1,001', 400, 'INVALID_REQUEST', '/v1/topics?limit=1001', {}, { parameter: 'limit' }],
  ['a cursor that is none', 400, 'INVALID_REQUEST', '/v1/topics?cursor=%25', {}, { parameter: 'cursor' }],
];

for (const [what, cases] of [
  ['producing', producing],
  ['reading', reading],
  ['topics', topics],
] as const) {
  describe(`bad input when ${what}`, () => {
    for (const [name, status, code, path, init, context = {}] of cases) {
      it(`${name}: ${status} ${code}, and nothing is stored`, async () => {
        const before = { marks: await highWatermarks(), partitions: platform.partitionCount };
        const answer = await api.request(path, init);
        const problem = (await answer.json()) as Problem;
        expect(problem).toMatchObject({ code, status });
        expect(answer.status).toBe(status);
        expect(problem.context ?? {}).toMatchObject(context);
        expect(problem.detail.length).toBeGreaterThan(10);
        expect({ marks: await highWatermarks(), partitions: platform.partitionCount }).toEqual(before);
      });
    }
  });
}

it('a record over max.message.bytes: 413 MESSAGE_TOO_LARGE, and nothing of the request is stored', async () => {
  const answer = await post('/v1/topics/small/records', records({ value: 'fits' }, { value: 'x'.repeat(300) }));
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  const read = await api.request('/v1/topics/small/partitions/0/records');
  expect(await read.json()).toMatchObject({ records: [], high_watermark: 0 });
});

it('an Idempotency-Key with another body: 422 IDEMPOTENCY_KEY_REUSED, and nothing is stored', async () => {
  const send = (value: number) =>
    post('/v1/topics/orders/records', records({ value, key: 'k' }), { ...json, 'idempotency-key': 'order-17' });
  const first = await (await send(1)).json();
  expect(await (await send(1)).json()).toEqual({ ...(first as object), duplicate: true });
  const marks = await highWatermarks();
  const answer = await send(2);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  expect(await highWatermarks()).toEqual(marks);
});

it('a topic that does not exist takes no records and makes no object', async () => {
  const before = platform.partitionCount;
  for (const [headers, body] of [
    [json, records({ value: 1 })],
    [ndjson, '1\n'],
    [batchType, batchOf('x')],
  ] as const) {
    const answer = await post('/v1/topics/nope/records?partition=0', body, headers);
    expect(await answer.json()).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', status: 404 });
  }
  expect(platform.partitionCount).toBe(before);
});
