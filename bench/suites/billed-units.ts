import { type BenchContext, keptInRows } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { httpRequest } from '../http-load.ts';
import type { LoadJob } from '../load-jobs.ts';
import type { Outcome } from '../outcome.ts';
import { batchFrame, batchOf, fastDoorPath, jsonValue, recordFrame, singleRecordJson } from '../payloads.ts';
import type { Suite } from '../suite.ts';
import type { MeterReading } from '../workers/meter.ts';

const million = 1_000_000;
/** Cloudflare bills twenty WebSocket messages that an object receives as one request. */
const messagesPerRequest = 20;
const producerRequests = 200;
const batchType = 'application/vnd.millrace.batch';
/** Statements whose rows are the log's own: one a flush, and one a producer whose state changed. */
const flushStatement = 'INSERT INTO segment_N';
const producerStatement = 'INTO producers';
/** Statements of a segment's roll, and of its move to an object with the timer and the job for it, once every 8 MiB. */
const segmentStatements = [
  'INTO segments',
  'UPDATE segments',
  'CREATE TABLE segment_N',
  'DROP TABLE segment_N',
  'INTO timers',
  'FROM timers',
  'INTO jobs',
  'FROM jobs',
];

/** A way to produce: the load, and how many records one of its requests or frames has. */
type Shape = {
  readonly name: string;
  readonly recordsEach: number;
  readonly load: (server: ServerProcess, topic: string) => Promise<LoadJob>;
};

/** What Cloudflare would bill for a million records, counted by the runtime's own cursors. */
export const billedUnits: Suite = {
  name: 'billed-units',
  about: 'rows written and read, Durable Object requests, R2 operations and bytes on disk for each produce shape',
  async run(context) {
    const server = await context.platform('metered');
    const outcomes: Outcome[] = [];
    const others: StatementRows[] = [];
    for (const shape of shapes(context)) {
      context.say(`billed units: ${shape.name}`);
      const billed = await bill(context, server, shape);
      others.push(...billed.others);
      outcomes.push(...outcomesOf(shape, billed));
    }
    outcomes.push({
      case: 'rows written beyond flushes, producers and segment rolls, all shapes',
      value: sum(others.map((other) => other.rowsWritten)),
      unit: 'rows',
      target: { of: 'value', reach: 0, better: 'less', isGate: true },
      note: others.map(({ statement, rowsWritten }) => `${rowsWritten} by ${statement.slice(0, 60)}`).join('; '),
    });
    return outcomes;
  },
};

function shapes(context: BenchContext): Shape[] {
  const { warmUpMs, windowMs } = context.effort;
  const http = (
    name: string,
    connections: number,
    recordsEach: number,
    type: string,
    body: Uint8Array | string,
  ): Shape => ({
    name: `HTTP ${name}, c=${connections}`,
    recordsEach,
    load: async ({ port }, topic) => {
      const path = `/v1/topics/${topic}/records?partition=0`;
      const requests = [httpRequest(port, 'POST', path, { 'content-type': type }, body)];
      return { kind: 'http', port, connections, requests, expectedStatus: 200, warmUpMs, windowMs };
    },
  });
  const webSocket = (name: string, inFlight: number, recordsEach: number, frame: Uint8Array): Shape => ({
    name: `WebSocket ${name}, ${inFlight} in flight`,
    recordsEach,
    load: async ({ port }, topic) => ({
      kind: 'websocket',
      port,
      path: fastDoorPath(topic),
      frame,
      inFlight,
      warmUpMs,
      windowMs,
    }),
  });
  const value = jsonValue(100);
  return [
    http('1 x 100 B', 64, 1, 'application/json', singleRecordJson(value)),
    http('100 x 100 B', 4, 100, batchType, batchOf(100, value)),
    http('1000 x 100 B', 4, 1_000, batchType, batchOf(1_000, value)),
    webSocket('1 x 100 B', 64, 1, recordFrame(value)),
    webSocket('100 x 100 B', 64, 100, batchFrame(batchOf(100, value))),
    webSocket('1000 x 100 B', 16, 1_000, batchFrame(batchOf(1_000, value))),
    idempotentProducer(value),
  ];
}

/** One producer with sequences: its state is one row more a flush. */
function idempotentProducer(value: Uint8Array): Shape {
  return {
    name: 'HTTP 100 x 100 B with producer sequences, c=1',
    recordsEach: 100,
    load: async ({ port }, topic) => {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/producers`, { method: 'POST' });
      const producer = (await answer.json()) as { producer_id: number; producer_epoch: number };
      const identity = { producerId: producer.producer_id, producerEpoch: producer.producer_epoch };
      const path = `/v1/topics/${topic}/records?partition=0`;
      const requests = Array.from({ length: producerRequests }, (_, index) =>
        httpRequest(
          port,
          'POST',
          path,
          { 'content-type': batchType },
          batchOf(100, value, { ...identity, baseSequence: index * 100 }),
        ),
      );
      return {
        kind: 'http',
        port,
        connections: 1,
        requests,
        maxRequests: requests.length,
        expectedStatus: 200,
        warmUpMs: 0,
        windowMs: 30_000,
      };
    },
  };
}

async function bill(context: BenchContext, server: ServerProcess, shape: Shape): Promise<Billed> {
  const topic = await context.createTopic(server, keptInRows);
  const job = await shape.load(server, topic);
  await touch(server, topic);
  const before = await readMeter(server);
  await context.load.run(job);
  const after = await readMeter(server);
  const records = (await highWatermark(server, topic)) - 1;
  return { ...difference(before, after), records };
}

type StatementRows = { readonly statement: string; readonly rowsWritten: number };

/** What one load was billed. */
type Billed = {
  readonly flushes: number;
  readonly producers: number;
  readonly segmentRows: number;
  /** What any other statement wrote. */
  readonly others: readonly StatementRows[];
  readonly rowsWritten: number;
  readonly rowsRead: number;
  readonly requests: number;
  readonly databaseBytes: number;
  readonly records: number;
};

function difference(before: MeterReading, after: MeterReading): Omit<Billed, 'records'> {
  const grown = Object.entries(after.statements).map(([statement, now]) => {
    const then = before.statements[statement] ?? { executions: 0, rowsRead: 0, rowsWritten: 0 };
    return { statement, rowsWritten: now.rowsWritten - then.rowsWritten, rowsRead: now.rowsRead - then.rowsRead };
  });
  const isOneOf = (parts: readonly string[], statement: string) => parts.some((part) => statement.includes(part));
  const writtenBy = (...parts: string[]) =>
    sum(grown.filter(({ statement }) => isOneOf(parts, statement)).map((row) => row.rowsWritten));
  const expected = [flushStatement, producerStatement, ...segmentStatements];
  const called = (name: string) => (after.calls[name] ?? 0) - (before.calls[name] ?? 0);
  const bytesOf = (reading: MeterReading) => sum(Object.values(reading.databaseBytes));
  return {
    flushes: writtenBy(flushStatement),
    producers: writtenBy(producerStatement),
    segmentRows: writtenBy(...segmentStatements),
    others: grown.filter(({ statement, rowsWritten }) => rowsWritten > 0 && !isOneOf(expected, statement)),
    rowsWritten: sum(grown.map((row) => row.rowsWritten)),
    rowsRead: sum(grown.map((row) => row.rowsRead)),
    requests:
      called('append') +
      called('readRecords') +
      called('fetch') +
      called('alarm') +
      called('webSocketMessage') / messagesPerRequest,
    databaseBytes: bytesOf(after) - bytesOf(before),
  };
}

function outcomesOf(shape: Shape, billed: Billed): Outcome[] {
  const { flushes, producers, segmentRows, records } = billed;
  const perMillion = (count: number) => Math.round((count * million) / records).toLocaleString('en-US');
  const counted = `${flushes} flushes, ${producers} producer rows, ${segmentRows} of segment rolls for ${records} records`;
  const others = `a million: ${perMillion(billed.rowsRead)} rows read, ${perMillion(billed.requests)} DO requests, 0 R2 operations`;
  const outcomes: Outcome[] = [
    {
      case: `rows written a million records, ${shape.name}`,
      value: (billed.rowsWritten * million) / records,
      unit: 'rows',
      target: shape.recordsEach === 1_000 ? { of: 'value', reach: 1_100, better: 'less', isGate: true } : undefined,
      note: `${counted}; ${others}`,
    },
  ];
  const batchesPerRow = records / shape.recordsEach / Math.max(1, flushes);
  if (shape.recordsEach > 1) {
    const isJudged = shape.recordsEach === 100 && batchesPerRow >= 2;
    outcomes.push({
      case: `bytes on disk a record, ${shape.name}`,
      value: billed.databaseBytes / records,
      unit: 'bytes',
      target: isJudged ? { of: 'value', reach: 118, aim: 111, better: 'less', isGate: true } : undefined,
      note: `${batchesPerRow.toFixed(1)} batches a row`,
    });
  }
  return outcomes;
}

/** Makes the partition exist, so that its creation is not part of what a load was billed. */
async function touch(server: ServerProcess, topic: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/v1/topics/${topic}/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: singleRecordJson(jsonValue(100)),
  });
  if (answer.status !== 200) throw new Error(`no record: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function highWatermark(server: ServerProcess, topic: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/v1/topics/${topic}/partitions/0/records?offset=latest`);
  return ((await answer.json()) as { high_watermark: number }).high_watermark;
}

async function readMeter(server: ServerProcess): Promise<MeterReading> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/bench/meter`);
  return (await answer.json()) as MeterReading;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
