import { type BenchContext, keptInRows } from '../bench-context.ts';
import { httpRequest } from '../http-load.ts';
import { batchOf, jsonValue, ndjsonOf } from '../payloads.ts';
import { type Contender, interleave } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

const connections = 4;
const unit = 'records/s';
const batchType = 'application/vnd.millrace.batch';
const rawName = 'raw SQLite, rows of 1000 x 1000 B';

/** Whole batches a request, binary and as lines of JSON. */
export const httpBatches: Suite = {
  name: 'http-batches',
  about: `binary batches of 100 and 1,000 records of 100 B and 1 KB and NDJSON, c=${connections}`,
  async run(context) {
    const binary = (records: number, bytes: number) =>
      post(context, records, batchType, batchOf(records, jsonValue(bytes)));
    const contenders: Record<string, Contender> = {
      '100 x 100 B': await binary(100, 100),
      '1000 x 100 B': await binary(1_000, 100),
      'NDJSON 1000 x 100 B': await post(context, 1_000, 'application/x-ndjson', ndjsonOf(1_000, jsonValue(100))),
      '100 x 1000 B': await binary(100, 1_000),
      '1000 x 1000 B': await binary(1_000, 1_000),
      [rawName]: appendRaw(context, batchOf(1_000, jsonValue(1_000)).length, 1_000),
    };
    context.say('HTTP, batches');
    const rounds = await interleave(contenders, context.effort.rounds);
    const batch = (name: string, options = {}) =>
      row(`HTTP binary batch of ${name}, c=${connections}`, rounds, name, { unit, ...options });
    return [
      batch('100 x 100 B'),
      batch('1000 x 100 B'),
      batch('100 x 1000 B'),
      batch('1000 x 1000 B', { against: rawName, target: ratioOfAtLeast(0.8, 0.95) }),
      row(`HTTP NDJSON of 1000 x 100 B, c=${connections}`, rounds, 'NDJSON 1000 x 100 B', {
        unit,
        against: '1000 x 100 B',
        target: ratioOfAtLeast(0.5, 0.8),
      }),
    ];
  },
};

async function post(context: BenchContext, records: number, type: string, body: Uint8Array): Promise<Contender> {
  const server = await context.platform('platform');
  const { port } = server;
  const path = `/v1/topics/${await context.createTopic(server, keptInRows)}/records?partition=0`;
  const requests = [httpRequest(port, 'POST', path, { 'content-type': type }, body)];
  return () => measure(context, { kind: 'http', port, connections, requests, expectedStatus: 200 }, server, records);
}

function appendRaw(context: BenchContext, blobBytes: number, records: number): Contender {
  const job = { kind: 'raw-sqlite', directory: context.directory, blobBytes } as const;
  return () => measure(context, job, null, records);
}
