import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keyPrincipal } from '../../authorization/principals.ts';
import { RelayHarness } from '../../relay/relay-harness.ts';
import { type Caller, ClosedWorld, canary, type RefusedCaller, refusedCallers } from './closed-world.ts';
import { malformedBody, mutated, SeededChoice } from './hostile-input.ts';
import { doorRequests } from './requests.ts';

const seed = Number(process.env.HOSTILE_SEED ?? 20_261_120);
const mutatedCount = 50_000;
const malformedCount = 8_000;
const frameCount = 10_000;

/** Who may change nothing of the first organization, whatever they send. Those in the second part see its records. */
const harmless: readonly (Caller | RefusedCaller)[] = [
  ...refusedCallers,
  'other',
  'wrong',
  'describer',
  'viewer',
  'readToken',
];
const readers: ReadonlySet<string> = new Set(['viewer', 'readToken']);

/** Needs a socket of the runtime's own. */
const requests = doorRequests.filter(({ id }) => id !== 'streamRecords');

/** A line of a stack trace, a path of the sources, a statement. */
const innards = /\n\s+at \S|\.ts:\d+|node_modules|\bSELECT \w+ FROM\b|SQLITE_/;

describe('hostile requests', () => {
  const world = new ClosedWorld();
  const choice = new SeededChoice(seed);

  beforeAll(async () => {
    vi.stubGlobal('IdentityTransformStream', TransformStream);
    vi.spyOn(console, 'error').mockImplementation((line) => {
      throw new Error(`seed ${seed}: the platform logged ${String(line)}`);
    });
    await world.start();
    await world.restore('app-watched', false);
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  /** Everything of the first organization that a request could have changed. */
  async function stateOfAcme(): Promise<string> {
    const paths = [
      '/v1/topics',
      '/v1/topics/orders',
      '/v1/topics/orders/partitions/0/records?offset=earliest',
      '/v1/groups',
      '/v1/groups/app-watched',
      '/v1/share-groups',
      '/rest-proxy/v3/clusters/acme1/topics/-/configs',
    ];
    const answers = paths.map(async (path) => {
      const answer = await world.platform.request(path, { credential: world.acme.ownerKey });
      return `${path} ${answer.status} ${(await answer.text()).replaceAll(/"lag_ms":\d+/g, '')}`;
    });
    const keys = await world.acme.world.organization.listKeys('acme', { after: null, limit: 100 });
    return `${(await Promise.all(answers)).join('\n')}\n${JSON.stringify(keys).replaceAll(/"lastUsedAtMs":\w+/g, '')}`;
  }

  test(`${mutatedCount} of callers who may change nothing change nothing, break nothing, and show nobody's records`, async () => {
    const before = await stateOfAcme();
    const heapBefore = heapAfterCollection();
    const statuses = new Map<number, number>();
    for (let index = 0; index < mutatedCount; index += 1) {
      const caller = choice.pick(harmless);
      const request = mutated(choice.pick(requests), choice);
      const credential = world.credentials.get(caller) ?? null;
      const answer = await world.platform.request(request.path, { ...request, credential });
      const body = await answer.text();
      const shown = `seed ${seed}: ${caller} ${request.method} ${request.path.slice(0, 200)} ${body.slice(0, 300)}`;
      if (answer.status >= 500) throw new Error(`${answer.status}: ${shown}`);
      if (!readers.has(caller) && body.includes(canary)) throw new Error(`a record was shown: ${shown}`);
      if (innards.test(body)) throw new Error(`the inside was shown: ${shown}`);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
    expect(await stateOfAcme()).toBe(before);
    const grownMegabytes = (heapAfterCollection() - heapBefore) / 1e6;
    console.log(
      `${mutatedCount} hostile requests: statuses ${JSON.stringify([...statuses].sort(([a], [b]) => a - b))}, memory grew by ${grownMegabytes.toFixed(1)} MB`,
    );
    expect(grownMegabytes).toBeLessThan(100);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404]));
  }, 200_000);

  test(`${malformedCount} malformed bodies of an owner are refused, and change nothing`, async () => {
    const withBody = requests.filter(({ id, body }) => body !== undefined && !takesAnything.has(id));
    const before = await stateOfAcme();
    for (let index = 0; index < malformedCount; index += 1) {
      const request = choice.pick(withBody);
      const body = malformedBody(request.body, choice);
      const headers = { 'content-type': 'application/json', ...request.headers };
      const answer = await world.platform.request(request.path, {
        ...request,
        headers,
        body,
        credential: world.acme.ownerKey,
      });
      await answer.text();
      if (answer.status >= 400 && answer.status < 500) continue;
      throw new Error(`seed ${seed}: ${request.id} answered ${answer.status} to ${JSON.stringify(body).slice(0, 300)}`);
    }
    expect(await stateOfAcme()).toBe(before);
  }, 100_000);

  test('10,000 without a valid credential, with invented names and keys, reach no object', async () => {
    const { platform, acme } = world;
    const [calls, admissions, partitions] = [
      platform.organizationCalls,
      platform.admissions,
      acme.cluster.partitionCount,
    ];
    const protectedRequests = requests.filter(({ path }) =>
      /^\/(?:v1\/(?!limits|signup)|rest-proxy\/v3\/clusters)/.test(path),
    );
    for (let index = 0; index < 10_000; index += 1) {
      const { method, path } = choice.pick(protectedRequests);
      const name = `n${choice.below(2 ** 31)}`;
      const letters = Array.from({ length: 90 }, () => '0123456789ABCDEFabcdef'[choice.below(22)]).join('');
      const credential = choice.pick([null, letters, `mr_live_${letters.slice(0, 41)}_${letters.slice(41)}`]);
      const invented = path
        .replace('orders', name)
        .replace('acme1', name)
        .replace(/app-[\w.]+/, name);
      const answer = await platform.request(invented, { method, credential });
      await answer.text();
      if (answer.status !== 401) throw new Error(`seed ${seed}: ${method} ${invented} answered ${answer.status}`);
    }
    expect(platform.organizationCalls - calls, 'calls of organizations').toBe(0);
    expect(platform.admissions - admissions, 'calls of other objects').toBe(0);
    expect(acme.cluster.partitionCount).toBe(partitions);
  }, 60_000);

  test(`${frameCount} frames at the WebSocket door break nothing, and show and store nothing without a right`, async () => {
    const harness = new RelayHarness(1);
    let stored = 0;
    harness.producer = {
      produce: async () => {
        stored += 1;
        return { ok: true, value: [] };
      },
    };
    const partition = harness.topic.partitions[0]!;
    partition.append([`"${canary}"`]);
    const principal = keyPrincipal([], { orgId: 'local', clusterId: 'local' });
    let socket = harness.connect('flights', principal);
    for (let index = 0; index < frameCount; index += 1) {
      if (socket.closed !== null) socket = harness.connect('flights', principal);
      await harness.send(socket, hostileFrame(choice));
      for (const frame of socket.take()) {
        const text = JSON.stringify(frame);
        if (frame.type !== 'error' && frame.type !== 'pong')
          throw new Error(`seed ${seed}: answered ${text.slice(0, 300)}`);
        if (text.includes(canary) || text.includes('incident'))
          throw new Error(`seed ${seed}: answered ${text.slice(0, 300)}`);
      }
      if (index % 1_000 === 0) {
        partition.append([`"${canary}"`]);
        harness.deliverAll();
        await harness.settle();
      }
    }
    expect([stored, harness.bugs]).toEqual([0, []]);
  }, 60_000);
});

/** Answers whatever the body: it is a list of records, each for itself, or nothing looks at it. */
const takesAnything: ReadonlySet<string> = new Set([
  'v2.postRoot',
  'v2.createInstance',
  'v2.commitOffsets',
  'v3.produceRecords',
]);

const frames: readonly object[] = [
  { type: 'subscribe', id: 'a', from: 'earliest' },
  { type: 'subscribe', id: 'a', group: 'app', topics: ['flights'] },
  { type: 'subscribe', id: 'a', share_group: 'app', topics: ['flights'] },
  { type: 'produce', id: 'p', records: [{ value: 1 }] },
  { type: 'credit', id: 'a', bytes: 1 },
  { type: 'unsubscribe', id: 'a' },
  { type: 'commit', id: 'a', offsets: { flights: { 0: 1 } } },
  { type: 'auth', token: 'x' },
  { type: 'ping' },
];

function hostileFrame(choice: SeededChoice): string {
  const frame = choice.pick(frames);
  if (choice.next() < 0.4) {
    const body = malformedBody(frame, choice);
    return typeof body === 'string' ? body : new TextDecoder('latin1').decode(body);
  }
  const values = [null, -1, 1e308, '', 'x'.repeat(2_000), '__proto__', [], {}, ['flights'], { 0: -1 }];
  const fields = ['type', 'id', 'topic', 'from', 'partitions', 'records', 'credit', 'group', 'as', 'token'];
  return JSON.stringify(choice.next() < 0.3 ? frame : { ...frame, [choice.pick(fields)]: choice.pick(values) });
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
