import { type BenchContext, credentialHeaders } from '../bench-context.ts';
import type { ServerProcess } from '../child-process.ts';
import { httpRequest } from '../http-load.ts';
import type { OpenLoopStream } from '../open-loop-load.ts';
import { jsonValue, singleRecordJson } from '../payloads.ts';
import { interleave } from '../rounds.ts';
import { measure, row, type Suite } from '../suite.ts';

const quotaPerSecond = 100;
const timesOver = 10;
const quietPerSecond = 100;
const aloneName = 'B alone';
const besideName = `B beside A at ${timesOver} x its quota`;

/** Longer than an isolate believes what it knows of a key: the quota is in force then. */
const settleMs = 6_000;

/** What one tenant's excess does to another's latency, in an open loop: requests come whether or not any is answered. */
export const noisyNeighbour: Suite = {
  name: 'noisy-neighbour',
  about: `tenant B produces ${quietPerSecond} records a second, alone and beside tenant A at ${timesOver} x its quota, open loop`,
  async run(context) {
    const server = await context.platform('closed');
    const noisy = await foundTenant(server);
    await call(noisy, 'PATCH', '/v1/quotas', {
      quotas: [{ entity_type: 'organization', requests_per_second: quotaPerSecond }],
    });
    const quiet: OpenLoopStream = { ...(await produce(context, server, quietPerSecond)), expectedStatuses: [200] };
    const excess: OpenLoopStream = {
      ...(await produce(context, noisy, quotaPerSecond * timesOver)),
      expectedStatuses: [200, 429],
    };
    await call(noisy, 'GET', '/v1/topics');
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    await call(noisy, 'GET', '/v1/topics');
    const load = (streams: readonly OpenLoopStream[]) => () =>
      measure(context, { kind: 'open-loop', port: server.port, streams }, server);
    context.say('a noisy neighbour');
    const contenders = { [aloneName]: load([quiet]), [besideName]: load([quiet, excess]) };
    const rounds = await interleave(contenders, context.effort.rounds);
    return [
      row(`HTTP produce, 1 x 100 B, ${quietPerSecond}/s, p50, ${besideName}`, rounds, besideName, {
        unit: 'ms',
        figure: 'p50Ms',
        against: aloneName,
        target: { of: 'ratio', reach: 1.5, better: 'less' },
      }),
    ];
  },
};

type Tenant = Pick<ServerProcess, 'port' | 'credential'>;

/** An organization of its own beside the one that the platform began with. */
async function foundTenant(server: ServerProcess): Promise<ServerProcess> {
  const operator = { port: server.port, credential: server.operatorKey };
  const founded = (await call(operator, 'POST', '/v1/organizations', { name: 'noisy' })) as {
    readonly owner_key: { readonly api_key: string };
  };
  return { ...server, credential: founded.owner_key.api_key };
}

async function produce(context: BenchContext, tenant: ServerProcess, perSecond: number) {
  const path = `/v1/topics/${await context.createTopic(tenant)}/records`;
  const headers = { 'content-type': 'application/json', ...credentialHeaders(tenant) };
  return { request: httpRequest(tenant.port, 'POST', path, headers, singleRecordJson(jsonValue(100))), perSecond };
}

async function call({ port, credential }: Tenant, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
