import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let platform: PlatformProcess;
beforeAll(async () => {
  platform = await startPlatformProcess();
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const kafkaV2 = 'application/vnd.kafka.v2+json';
const jsonV2 = 'application/vnd.kafka.json.v2+json';

type Step = { readonly step: string; readonly status: number; readonly answer: unknown };

async function createTopic(topic_name: string): Promise<void> {
  await fetch(`${platform.restProxyUrl}/v3/clusters/local/topics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topic_name }),
  });
}

/** node:http sends a body with a GET, which fetch refuses to and the REST Proxy asks for. */
function call(
  method: string,
  url: string,
  body?: unknown,
  type = kafkaV2,
  accept = kafkaV2,
): Promise<Omit<Step, 'step'>> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      accept,
      ...(text === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
    };
    const sent = request(url, { method, headers }, async (answer) => {
      let received = '';
      for await (const chunk of answer) received += chunk;
      resolve({ status: answer.statusCode!, answer: received === '' ? null : JSON.parse(received) });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** The life of a consumer as the public documentation walks through it, over Node's own HTTP client. */
async function walkInNode(topic: string): Promise<Step[]> {
  const steps: Step[] = [];
  const step = async (name: string, ...sent: Parameters<typeof call>) => {
    const done = await call(...sent);
    steps.push({ step: name, ...done });
    return done.answer;
  };
  const records = [{ key: 'somekey', value: { foo: 'bar' } }, { value: ['foo', 'bar'] }, { value: 53.5 }];
  await step('produce', 'POST', `${platform.restProxyUrl}/topics/${topic}`, { records }, jsonV2);
  const config = {
    name: 'node_consumer',
    format: 'json',
    'auto.offset.reset': 'earliest',
    'auto.commit.enable': 'false',
  };
  const created = await step('create', 'POST', `${platform.restProxyUrl}/consumers/node_group/`, config);
  const { base_uri: base } = created as { base_uri: string };
  const place = { topic, partition: 0 };
  await step('subscribe', 'POST', `${base}/subscription`, { topics: [topic] });
  await step('subscription', 'GET', `${base}/subscription`);
  await step('poll', 'GET', `${base}/records?timeout=3000&max_bytes=300000`, undefined, kafkaV2, jsonV2);
  await step('commit', 'POST', `${base}/offsets`, { offsets: [{ ...place, offset: 1 }] });
  await step('committed', 'GET', `${base}/offsets`, { partitions: [place] });
  await step('seek', 'POST', `${base}/positions`, { offsets: [{ ...place, offset: 2 }] });
  await step('poll again', 'GET', `${base}/records?timeout=3000`, undefined, kafkaV2, jsonV2);
  await step('beginning', 'POST', `${base}/positions/beginning`, { partitions: [place] });
  await step('poll all', 'GET', `${base}/records`, undefined, kafkaV2, jsonV2);
  await step('commit all', 'POST', `${base}/offsets`);
  await step('committed all', 'GET', `${base}/offsets`, { partitions: [place] });
  await step('delete', 'DELETE', base);
  await step('gone', 'GET', `${base}/records`, undefined, kafkaV2, jsonV2);
  return steps;
}

/** Runs a program of Python's standard library against the platform, and answers the JSON it prints, a line each. */
async function runPython(program: string, ...args: string[]): Promise<unknown[]> {
  const script = join(import.meta.dirname, '../fixtures/rest-proxy', program);
  const python = spawn('python3', [script, new URL(platform.restProxyUrl).host, ...args]);
  let printed = '';
  let said = '';
  python.stdout.on('data', (chunk) => (printed += chunk));
  python.stderr.on('data', (chunk) => (said += chunk));
  const failed = once(python, 'error').then(([error]) => {
    throw new Error(`This test needs python3, which could not be started: ${error}`);
  });
  const [code] = await Promise.race([once(python, 'close'), failed]);
  expect([code, said]).toEqual([0, '']);
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function walkInPython(topic: string): Promise<Step[]> {
  return (await runPython('walk.py', topic)) as Step[];
}

/** What the documentation says each step answers. */
function expectedSteps(topic: string, name: string): Step[] {
  const records = [
    { topic, key: 'somekey', value: { foo: 'bar' }, partition: 0, offset: 0 },
    { topic, key: null, value: ['foo', 'bar'], partition: 0, offset: 1 },
    { topic, key: null, value: 53.5, partition: 0, offset: 2 },
  ];
  const produced = records.map(({ partition, offset }) => ({ partition, offset, error_code: null, error: null }));
  const group = name.replace('_consumer', '_group');
  const base_uri = `${platform.restProxyUrl}/consumers/${group}/instances/${name}`;
  const committed = (offset: number) => ({ offsets: [{ topic, partition: 0, offset, metadata: '' }] });
  const step = (named: string, status: number, answer: unknown) => ({ step: named, status, answer });
  return [
    step('produce', 200, { offsets: produced, key_schema_id: null, value_schema_id: null }),
    step('create', 200, { instance_id: name, base_uri }),
    step('subscribe', 204, null),
    step('subscription', 200, { topics: [topic] }),
    step('poll', 200, records),
    step('commit', 200, []),
    step('committed', 200, committed(2)),
    step('seek', 204, null),
    step('poll again', 200, records.slice(2)),
    step('beginning', 204, null),
    step('poll all', 200, records),
    step('commit all', 200, []),
    step('committed all', 200, committed(3)),
    step('delete', 204, null),
    step('gone', 404, {
      error_code: 40_403,
      message: expect.stringMatching(/^Consumer instance not found\./),
    }),
  ];
}

test.each([
  ['node_consumer', walkInNode],
  ['python_consumer', walkInPython],
] as const)('a consumer written from the documentation alone runs unchanged: %s', async (name, walk) => {
  await createTopic(`walked-by-${name}`);
  expect(await walk(`walked-by-${name}`)).toEqual(expectedSteps(`walked-by-${name}`, name));
});

test('a client that sends all its records before it reads an answer streams fifty thousand of them', async () => {
  await createTopic('streamed-by-python');
  const count = 50_000;
  const printed = await runPython('stream.py', 'local', 'streamed-by-python', String(count));
  expect(printed).toEqual([{ status: 200, answers: count, stored: count, ordered: true }]);
});

test('a consumer instance outlives a crash of the platform, and goes on where it was', async () => {
  await createTopic('crashed');
  const records = [1, 2, 3].map((value) => ({ value }));
  await call('POST', `${platform.restProxyUrl}/topics/crashed`, { records }, jsonV2);
  const config = { name: 'survivor', format: 'json', 'auto.offset.reset': 'earliest', 'auto.commit.enable': 'false' };
  await call('POST', `${platform.restProxyUrl}/consumers/crashed`, config);
  const path = '/consumers/crashed/instances/survivor';
  await call('POST', `${platform.restProxyUrl}${path}/subscription`, { topics: ['crashed'] });
  const read = (query: string) =>
    call('GET', `${platform.restProxyUrl}${path}/records${query}`, undefined, kafkaV2, jsonV2);
  expect(await read('?max_bytes=1')).toMatchObject({ status: 200, answer: [{ value: 1 }] });
  await platform.kill9();
  await platform.restart();
  expect(await read('')).toMatchObject({ status: 200, answer: [{ value: 2 }, { value: 3 }] });
});

test('a read waits for records, and ends with the first', async () => {
  await createTopic('awaited');
  const config = { name: 'waiting', format: 'binary', 'auto.offset.reset': 'earliest' };
  await call('POST', `${platform.restProxyUrl}/consumers/waiting`, config);
  const base = `${platform.restProxyUrl}/consumers/waiting/instances/waiting`;
  await call('POST', `${base}/subscription`, { topics: ['awaited'] });
  expect(await call('GET', `${base}/records?timeout=50`)).toEqual({ status: 200, answer: [] });
  const reading = call('GET', `${base}/records?timeout=30000`);
  const first = { records: [{ value: 'b25l' }] };
  await call('POST', `${platform.restProxyUrl}/topics/awaited`, first, 'application/vnd.kafka.binary.v2+json');
  expect(await reading).toMatchObject({ status: 200, answer: [{ value: 'b25l', offset: 0 }] });
});
