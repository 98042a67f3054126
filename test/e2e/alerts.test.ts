import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { verifyWebhook } from '../alerts/webhook-verifier.ts';
import { freePort } from '../support/free-port.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { bashOptions, shellBlocks } from '../support/shell-blocks.ts';

const repository = join(import.meta.dirname, '../..');
const page = join(repository, 'docs/alerts.md');

let platform: PlatformProcess;
let client: Client;

beforeAll(async () => {
  platform = await startPlatformProcess({ entry: join(repository, 'test/fixtures/sweeping-worker/worker.ts') });
  client = createClient({ url: platform.url });
});
afterAll(() => platform?.[Symbol.asyncDispose]());

const sweep = async () => expect((await fetch(`${platform.url}/test/sweep`)).status).toBe(204);

type Received = { readonly id: string; readonly type: string; readonly data: { readonly value: number } };

/** A receiver that refuses what does not verify, and so many messages that do. */
async function startReceiver({ refusing = 0 } = {}) {
  const received: Received[] = [];
  const receiver = { url: '', secret: '', received, attempts: [] as string[], [Symbol.asyncDispose]: async () => {} };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = request.headers as Record<string, string>;
    receiver.attempts.push(headers['webhook-id']!);
    if (!verifyWebhook(receiver.secret, headers, body, Date.now())) return response.writeHead(401).end();
    if (receiver.attempts.length <= refusing) return response.writeHead(503).end();
    received.push({ id: headers['webhook-id'], ...JSON.parse(body) });
    return response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  receiver[Symbol.asyncDispose] = async () => void server.close();
  return receiver;
}

test('a group that falls behind is told of, again until the receiver is back, and so is its end', async () => {
  await using receiver = await startReceiver({ refusing: 1 });
  await client.topics.create({ name: 'orders' });
  await using producer = client.producer({ topic: 'orders' });
  for (let number = 0; number < 50; number += 1) await producer.send({ value: number });
  const group = 'billing';
  let read = 0;
  for await (const _record of client.group(group, { topics: ['orders'] })) {
    read += 1;
    if (read === 5) break;
  }
  const issued = await client.alerts.create({
    name: 'Billing is behind',
    metric: 'lag',
    target: { type: 'group', name: group },
    threshold: 10,
    webhook_url: receiver.url,
  });
  receiver.secret = issued.secret;
  await sweep();
  // The first attempt was refused; the next one comes after five seconds.
  await expect.poll(() => receiver.received, { timeout: 30_000 }).toHaveLength(1);
  expect(receiver.received[0]).toMatchObject({ type: 'alert.firing', data: { subject: group, threshold: 10 } });
  expect(new Set(receiver.attempts).size).toBe(1);
  expect(receiver.attempts).toHaveLength(2);
  expect(await client.alerts.describe(issued.alert_id)).toMatchObject({
    state: 'firing',
    subjects: [{ subject: group }],
  });
  await client.groups.delete(group);
  await sweep();
  await expect.poll(() => receiver.received, { timeout: 30_000 }).toHaveLength(2);
  expect(receiver.received[1]).toMatchObject({ type: 'alert.resolved', data: { subject: group } });
  expect((await client.alerts.history(issued.alert_id)).deliveries).toMatchObject([
    { kind: 'resolved', state: 'delivered', attempts: 1, status: 204 },
    { kind: 'firing', state: 'delivered', attempts: 2, status: 204 },
  ]);
});

test('a test message says what the receiver answered', async () => {
  await using receiver = await startReceiver();
  const target = { type: 'cluster' } as const;
  const rule = { name: 'Full', metric: 'stored_bytes', target, threshold: 1e12, webhook_url: receiver.url } as const;
  const issued = await client.alerts.create(rule);
  expect(await client.alerts.test(issued.alert_id)).toMatchObject({ state: 'failed', status: 401 });
  receiver.secret = issued.secret;
  expect(await client.alerts.test(issued.alert_id)).toMatchObject({ state: 'delivered', status: 204 });
  const rotated = await client.alerts.rotateSecret(issued.alert_id, { overlapMs: 0 });
  expect(await client.alerts.test(issued.alert_id)).toMatchObject({ status: 401 });
  receiver.secret = rotated.secret;
  expect(await client.alerts.test(issued.alert_id)).toMatchObject({ status: 204 });
  expect(receiver.received.map(({ type }) => type)).toEqual(['alert.test', 'alert.test']);
});

/** Runs a line of docs/alerts.md, with the port of the platform and of the receiver in place of those that it names. */
async function run(script: string, port: number): Promise<string> {
  const shell = spawn(
    'bash',
    [
      ...bashOptions,
      `millrace() { "${process.execPath}" "${repository}/src/cli/main.ts" "$@"; }\n${script.replaceAll('9099', String(port))}`,
    ],
    {
      env: { ...process.env, MILLRACE_URL: platform.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  shell.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const [code] = await once(shell, 'close');
  expect(code, script).toBe(0);
  return printed.trim();
}

test('the page about alerts works as it is written, its receiver included', async () => {
  const port = await freePort();
  const [create, preview] = shellBlocks(page);
  const secret = await run(create!.script, port);
  expect(secret).toMatch(/^whsec_/);
  expect(await run(preview!.script, port)).toBe('would have fired 0 times within the last day');
  const program = /^```js\n(.*?)^```$/ms.exec(readFileSync(page, 'utf8'))![1]!;
  const env = { ...process.env, SECRET: secret, PORT: String(port) };
  const receiver: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    receiver.stdout!.on('data', (chunk) => {
      said += chunk;
    });
    const [alert] = (await client.alerts.list()).filter(({ webhook_host }) => webhook_host.endsWith(`:${port}`));
    expect(alert).toMatchObject({ condition: 'lag of group billing above 1,000 records for 10 min' });
    await expect
      .poll(async () => (await client.alerts.test(alert!.alert_id)).state, { timeout: 20_000, interval: 200 })
      .toBe('delivered');
    expect(said).toBe('Test of Billing is behind: this is what a message of this alert looks like.\n');
    expect(await run(`millrace alerts test ${alert!.alert_id} --json`, port)).toContain('"status":204');
  } finally {
    const exited = once(receiver, 'exit');
    receiver.kill();
    await exited;
  }
});
