import { type BenchContext, credentialHeaders } from '../bench-context.ts';
import { httpRequest } from '../http-load.ts';
import { jsonValue, singleRecordJson } from '../payloads.ts';
import { type Contender, interleave } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

const connections = 64;
const openName = 'open mode';
const closedName = 'closed mode';

/** What asking every request for its credential costs: the same load on a closed platform and on an open one. */
export const httpCredentials: Suite = {
  name: 'http-credentials',
  about: `one 100 B record a request at concurrency ${connections}, with an API key in closed mode and without in open mode`,
  async run(context) {
    const contenders = { [openName]: await post(context, 'platform'), [closedName]: await post(context, 'closed') };
    context.say('HTTP, with credentials');
    const rounds = await interleave(contenders, context.effort.rounds);
    return [
      row(`HTTP produce with a key, 1 x 100 B, c=${connections}`, rounds, closedName, {
        unit: 'records/s',
        against: openName,
        target: ratioOfAtLeast(0.9, 0.95),
      }),
    ];
  },
};

async function post(context: BenchContext, kind: 'platform' | 'closed'): Promise<Contender> {
  const server = await context.platform(kind);
  const { port } = server;
  const path = `/v1/topics/${await context.createTopic(server)}/records`;
  const headers = { 'content-type': 'application/json', ...credentialHeaders(server) };
  const requests = [httpRequest(port, 'POST', path, headers, singleRecordJson(jsonValue(100)))];
  return () => measure(context, { kind: 'http', port, connections, requests, expectedStatus: 200 }, server);
}
