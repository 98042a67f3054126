import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { isAlive, isListening, listeningAddresses, processTree } from '../support/processes.ts';

const repository = join(import.meta.dirname, '../..');
const fixture = join(repository, 'test/fixtures/minimal-worker/worker.ts');
const launcher = [join(repository, 'test/support/dev-with-entry.ts'), fixture];

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-dev-'));
  directories.push(directory);
  return directory;
}

/** Runs the launcher to its end: for starts that are refused. */
function runLauncher(args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...launcher, ...args], { cwd: repository, encoding: 'utf8', timeout: 30_000 });
}

async function count(platform: PlatformProcess): Promise<number> {
  const response = await fetch(`${platform.url}/count`);
  return ((await response.json()) as { count: number }).count;
}

test('prints exactly one ready line, with the address and the data directory', async () => {
  const dataDir = newDirectory();
  const child = spawn(process.execPath, [...launcher, '--port', '0', '--data', dataDir], { cwd: repository });
  let stdout = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  await once(child.stdout, 'data');
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  const [url, restProxyUrl] = stdout.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  const [, kafkaServers] = stdout.match(/Kafka at (127\.0\.0\.1:\d+)/) ?? [];
  const answer = await fetch(`${url}/log`);
  expect(await answer.json()).toMatchObject({ mode: 'open', version });
  child.kill('SIGTERM');
  await once(child, 'close');
  expect(stdout).toBe(
    `Millrace ${version} is ready at ${url} (Kafka at ${kafkaServers}, Kafka REST Proxy at ${restProxyUrl}, data in ${dataDir})\n`,
  );
});

test('gives the Worker a secret that is made once and that only the owner can read', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  const secretOf = async () => ((await (await fetch(platform.url)).json()) as { secret: string }).secret;
  const secret = await secretOf();
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(join(platform.dataDir, 'secret')).mode & 0o777).toBe(0o600);
  await platform.restart();
  expect(await secretOf()).toBe(secret);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'stops at %s with exit code 0, no process and no port left',
  async (signal) => {
    await using platform = await startPlatformProcess({ entry: fixture });
    const tree = processTree(platform.pid);
    expect(tree.length).toBeGreaterThan(1);
    const port = Number(new URL(platform.url).port);
    process.kill(platform.pid, signal);
    expect(await platform.stop()).toBe(0);
    expect(tree.filter(isAlive)).toEqual([]);
    expect(await isListening(port)).toBe(false);
    expect(existsSync(join(platform.dataDir, 'platform.json'))).toBe(false);
  },
);

test('serves the Kafka REST Proxy on a port of its own, unless it is told not to', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  expect(await (await fetch(platform.restProxyUrl)).text()).toBe('the REST Proxy');
  const { port } = new URL(platform.restProxyUrl);

  const refused = runLauncher(['--port', '0', '--rest-proxy-port', port, '--data', newDirectory()]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toBe(
    `millrace dev: Port ${port} on 127.0.0.1 is in use: stop the program that holds it, or choose another port with --rest-proxy-port.\n`,
  );
  const twice = runLauncher(['--port', '18080', '--rest-proxy-port', '18080', '--data', newDirectory()]);
  expect([twice.status, twice.stderr]).toEqual([
    2,
    'millrace dev: --rest-proxy-port is 18080, which is --port already.\n',
  ]);

  const args = ['--port', '0', '--rest-proxy-port', 'none', '--data', newDirectory(), '--json'];
  const child = spawn(process.execPath, [...launcher, ...args], { cwd: repository });
  const [line] = await once(child.stdout, 'data');
  child.kill('SIGTERM');
  await once(child, 'close');
  expect(JSON.parse(String(line))).toMatchObject({ event: 'ready', rest_proxy_url: null });
});

test('has no open door but its own: what the emulator listens on besides answers nothing', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  const doors = [...[platform.url, platform.restProxyUrl].map((url) => new URL(url).host), platform.kafkaServers];
  const others = listeningAddresses(processTree(platform.pid)).filter((address) => !doors.includes(address));
  expect(others.length).toBeGreaterThan(0);
  for (const address of others) {
    const paths = [
      '/',
      '/count',
      '/cdn-cgi/local/scheduled',
      '/cdn-cgi/local/explorer',
      '/cdn-cgi/local/platform-proxy',
    ];
    for (const path of paths) {
      const response = await fetch(`http://${address}${path}`);
      expect([address, path, response.status >= 400 && response.status < 500]).toEqual([address, path, true]);
    }
  }
  expect(await count(platform)).toBe(1);
});

test('finds its data after a clean restart', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  expect(await count(platform)).toBe(1);
  await platform.restart();
  expect(await count(platform)).toBe(2);
});

test('reaps the runtime of a killed launcher at the next start, and finds the data', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  expect(await count(platform)).toBe(1);
  const [launcherPid, ...children] = processTree(platform.pid);
  await platform.kill9();
  expect(isAlive(launcherPid!)).toBe(false);
  const orphans = children.filter(isAlive);
  expect(orphans.length).toBeGreaterThan(0);
  await platform.restart();
  expect(orphans.filter(isAlive)).toEqual([]);
  expect(platform.stderr).toContain('Ended the runtime of a platform that was killed');
  expect(await count(platform)).toBe(2);
});

test('brings a crashed runtime back on the same port, with its data', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  expect(await count(platform)).toBe(1);
  const [, ...children] = processTree(platform.pid);
  for (const pid of children) process.kill(pid, 'SIGKILL');
  await expect.poll(() => count(platform).catch(() => undefined), { timeout: 20_000 }).toBeGreaterThan(1);
  const tree = processTree(platform.pid);
  expect(await platform.stop()).toBe(0);
  expect(tree.filter(isAlive)).toEqual([]);
});

test('refuses a data directory that another process runs on, naming it', async () => {
  await using platform = await startPlatformProcess({ entry: fixture });
  const second = runLauncher(['--port', '0', '--data', platform.dataDir]);
  expect(second.status).toBe(1);
  expect(second.stdout).toBe('');
  expect(second.stderr).toContain(`process ${platform.pid} and answers at ${platform.url}`);
  expect(second.stderr.trim().split('\n')).toHaveLength(1);
  expect(await count(platform)).toBe(1);
});

test('says that a port is busy, and gives the data directory back', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const dataDir = newDirectory();
  const refused = runLauncher(['--port', String(port), '--data', dataDir]);
  holder.close();
  expect(refused.status).toBe(1);
  expect(refused.stderr).toBe(
    `millrace dev: Port ${port} on 127.0.0.1 is in use: stop the program that holds it, or choose another port with --port.\n`,
  );
  await using platform = await startPlatformProcess({ entry: fixture, dataDir, port });
  expect(new URL(platform.url).port).toBe(String(port));
});

test.each(['0.0.0.0', '192.168.1.20', '::', 'example.com', '127.0.0.1.example.com'])(
  'refuses to serve %s in open mode',
  (host) => {
    const dataDir = newDirectory();
    const refused = runLauncher(['--host', host, '--port', '0', '--data', dataDir]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`loopback addresses only, not "${host}"`);
  },
);

test('stops when the npm that started it is gone', async () => {
  const dataDir = newDirectory();
  const command = `${process.execPath} ${launcher.join(' ')} --port 0 --data ${dataDir} --json`;
  const npm = spawn('sh', ['-c', `${command}; true`], {
    cwd: repository,
    env: { ...process.env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(npm.stdout, 'data');
  const { url } = JSON.parse(String(line)) as { url: string };
  const tree = processTree(npm.pid!).slice(1);
  npm.kill('SIGKILL');
  await expect.poll(() => tree.filter(isAlive), { timeout: 20_000 }).toEqual([]);
  expect(await isListening(Number(new URL(url).port))).toBe(false);
});
