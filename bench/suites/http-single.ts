import type { BenchContext } from '../bench-context.ts';
import { httpRequest } from '../http-load.ts';
import type { Outcome } from '../outcome.ts';
import { jsonValue, singleRecordJson } from '../payloads.ts';
import { createStream, startDurableStreams } from '../peers/durable-streams.ts';
import type { PlatformKind } from '../platform.ts';
import { type Contender, interleave } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

const concurrencies = [1, 64, 256];
/** The concurrency whose figures have targets, and at which the peer runs too. */
const judgedConcurrency = 64;
/** An object that only numbers records, and the platform's own that does all but insert: neither stores anything. */
const answersAtOnce = 'stores nothing, answers at once';
const dropsRows = 'stores nothing, drops its rows';
const peerName = 'durable-streams, files';
const json = { 'content-type': 'application/json' };

/** One record a request: what the HTTP path costs, and how much of it is the log's. */
export const httpSingle: Suite = {
  name: 'http-single',
  about: 'one 100 B record a request at concurrency 1, 64 and 256; the no-op request; the Durable Streams server',
  async run(context) {
    const outcomes: Outcome[] = [];
    for (const connections of concurrencies) outcomes.push(...(await atConcurrency(context, connections)));
    return outcomes;
  },
};

async function atConcurrency(context: BenchContext, connections: number): Promise<Outcome[]> {
  const isJudged = connections === judgedConcurrency;
  const contenders: Record<string, Contender> = {
    'no-op POST': await post(context, connections, 'no-op'),
    [answersAtOnce]: await post(context, connections, 'baseline'),
    [dropsRows]: await post(context, connections, 'unstored'),
    platform: await post(context, connections, 'platform'),
  };
  if (isJudged) contenders[peerName] = await appendToDurableStreams(context, connections);
  context.say(`HTTP, one record a request, c=${connections}`);
  const rounds = await interleave(contenders, context.effort.rounds);
  const name = `HTTP produce, 1 x 100 B, c=${connections}`;
  const target = isJudged ? ratioOfAtLeast(0.8, 0.95) : undefined;
  const outcomes = [
    row(`no-op POST, c=${connections}`, rounds, 'no-op POST', { unit: 'requests/s' }),
    row(name, rounds, 'platform', { unit: 'records/s', against: answersAtOnce, target }),
    row(name, rounds, 'platform', { unit: 'records/s', against: dropsRows, target }),
  ];
  if (isJudged) {
    const peer = { unit: 'records/s', against: peerName, target: ratioOfAtLeast(3.5, 6) };
    outcomes.push(row(name, rounds, 'platform', peer));
  }
  return outcomes;
}

async function post(
  context: BenchContext,
  connections: number,
  to: 'no-op' | Exclude<PlatformKind, 'metered' | 'closed'>,
): Promise<Contender> {
  const server = await context.platform(to === 'no-op' ? 'baseline' : to);
  const { port } = server;
  const path = to === 'no-op' ? '/bench/no-op' : `/v1/topics/${await context.createTopic(server)}/records`;
  const requests = [httpRequest(port, 'POST', path, json, singleRecordJson(jsonValue(100)))];
  return () => measure(context, { kind: 'http', port, connections, requests, expectedStatus: 200 }, server);
}

async function appendToDurableStreams(context: BenchContext, connections: number): Promise<Contender> {
  const server = await context.server('durable-streams', () => startDurableStreams(context.directory));
  const { port } = server;
  const path = await createStream(port, `single-${connections}`);
  const requests = [httpRequest(port, 'POST', path, { 'content-type': 'application/octet-stream' }, jsonValue(100))];
  return () => measure(context, { kind: 'http', port, connections, requests, expectedStatus: 204 }, server);
}
