import { type BenchContext, keptInRows } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { fillTopic } from '../fill.ts';
import { httpRequest } from '../http-load.ts';
import { type Contender, interleave, medianOf } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

const connections = 8;
const answerBytes = 1_048_576;
/** Rows of 11 batches have 120 KB, and eight of them fill an answer of 1 MB. */
const batchesPerRow = 11;
const rowsPerAnswer = 8;
const records = 550_000;
/** What leaves the rows is measured by itself, in the suite tiered-catch-up. */
const staticName = 'static 1 MB';

/** Reading a log from its start in answers of 1 MB. */
export const catchUp: Suite = {
  name: 'catch-up',
  about: `reads of 1 MB out of rows of 120 KB, binary, NDJSON and JSON, against a Worker answering a static 1 MB, c=${connections}`,
  async run(context) {
    const server = await context.platform('platform');
    const topic = await context.createTopic(server, keptInRows);
    context.say('filling a log to read');
    const recordsPerRow = await fillTopic(context, server, topic, records, batchesPerRow);
    const baseline = await context.platform('baseline');
    const contenders: Record<string, Contender> = {
      [staticName]: () => load(context, baseline, ['/bench/static'], '*/*', 1),
      binary: await read(context, server, topic, recordsPerRow, 'application/vnd.millrace.batch'),
      JSON: await read(context, server, topic, recordsPerRow, 'application/json'),
      NDJSON: await read(context, server, topic, recordsPerRow, 'application/x-ndjson'),
    };
    context.say('reading it');
    const rounds = await interleave(contenders, context.effort.rounds);
    const inRecords = (name: string) =>
      `${Math.round(medianOf(rounds, name, 'rate')).toLocaleString('en-US')} records/s`;
    return [
      row(`catch-up read, binary, c=${connections}`, rounds, 'binary', {
        unit: 'MB/s',
        figure: 'megabytes',
        against: staticName,
        target: ratioOfAtLeast(0.8, 1, true),
        note: inRecords('binary'),
      }),
      row(`catch-up read, JSON of 100 B records, c=${connections}`, rounds, 'JSON', {
        unit: 'records/s',
        target: { of: 'value', reach: 500_000, aim: 1_000_000, better: 'more' },
      }),
      row(`catch-up read, NDJSON of 100 B records, c=${connections}`, rounds, 'NDJSON', { unit: 'records/s' }),
    ];
  },
};

async function read(
  context: BenchContext,
  server: ServerProcess,
  topic: string,
  recordsPerRow: number,
  accept: string,
): Promise<Contender> {
  const step = recordsPerRow * rowsPerAnswer;
  const answers = Math.floor(records / step);
  const paths = Array.from(
    { length: answers },
    (_, answer) =>
      `/v1/topics/${topic}/partitions/0/records?offset=${answer * step}&max_bytes=${answerBytes}&max_records=${step}`,
  );
  const recordsPerAnswer = await countRecords(server.port, paths[0]!);
  return () => load(context, server, paths, accept, recordsPerAnswer);
}

/** How many records one answer has, from an answer that can be counted. */
async function countRecords(port: number, path: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'application/json' } });
  if (answer.status !== 200) throw new Error(`no records: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { records: unknown[] }).records.length;
}

function load(
  context: BenchContext,
  server: ServerProcess,
  paths: readonly string[],
  accept: string,
  recordsEach: number,
) {
  const { port } = server;
  const requests = paths.map((path) => httpRequest(port, 'GET', path, { accept }));
  return measure(context, { kind: 'http', port, connections, requests, expectedStatus: 200 }, server, recordsEach);
}
