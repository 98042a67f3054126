import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, type ServerProcess, startServer } from '../child-process.ts';
import type { Sample } from '../rounds.ts';

/** Requests of the first, short run, which finds out how many fill a window. */
const calibrationRequests = 5_000;
/** Where redis-benchmark's CSV has its figures: test, requests a second, then latencies in ms. */
const csvColumns = { rate: 1, p50Ms: 4, p99Ms: 6 } as const;

/** Whether Debian's redis-server and redis-tools are there. */
export function isRedisInstalled(): boolean {
  return ['redis-server', 'redis-benchmark'].every((tool) => spawnSync(tool, ['--version']).status === 0);
}

/** A Redis that fsyncs its append-only file before it answers, and never snapshots. */
export async function startRedis(directory: string): Promise<ServerProcess> {
  const dataDirectory = join(directory, 'redis');
  mkdirSync(dataDirectory, { recursive: true });
  const port = await freePort();
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: dataDirectory,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await startServer(['redis-server', ...options], /Ready to accept connections/);
  return { ...server, port };
}

/**
 * XADD of one 100 B value a request by `connections` connections without pipelining, driven by Redis' own load
 * generator in C: a slower one would flatter us.
 */
export async function benchmarkXadd(port: number, connections: number, windowMs: number): Promise<Sample> {
  const calibrated = await runBenchmark(port, connections, calibrationRequests);
  return runBenchmark(port, connections, Math.ceil((calibrated.rate! * windowMs) / 1000));
}

async function runBenchmark(port: number, connections: number, requests: number): Promise<Sample> {
  const load = ['-p', String(port), '-c', String(connections), '-n', String(requests), '--csv'];
  const { stdout } = await promisify(execFile)('redis-benchmark', [...load, 'XADD', 'log', '*', 'v', 'x'.repeat(100)]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  const cells = line.split(',').map((cell) => Number(cell.replaceAll('"', '')));
  const figure = (column: number) => cells.at(column - cells.length) ?? Number.NaN;
  return { rate: figure(csvColumns.rate), p50Ms: figure(csvColumns.p50Ms), p99Ms: figure(csvColumns.p99Ms) };
}
