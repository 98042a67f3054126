import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { LatencyHistogram } from './latency-histogram.ts';

const syncProbes = 300;
const probeBytes = 4096;

/** What figures depend on besides the code. */
export type Machine = {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly workerd: string;
  readonly fileSystem: string;
  readonly syncP50Ms: number;
  readonly syncP99Ms: number;
  readonly loadAverage: number;
};

/** Describes this machine and measures its disk under `directory`. */
export function describeThisMachine(directory: string): Machine {
  const sync = measureSync(directory);
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    workerd: workerdVersion(),
    fileSystem: fileSystemOf(directory),
    syncP50Ms: sync.percentileMs(50),
    syncP99Ms: sync.percentileMs(99),
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** Latencies of an append of 4 KiB and its fdatasync: what one commit cannot beat. */
export function measureSync(directory: string): LatencyHistogram {
  const probe = mkdtempSync(join(directory, 'sync-'));
  const file = openSync(join(probe, 'probe'), 'w');
  const bytes = Buffer.alloc(probeBytes);
  const latencies = new LatencyHistogram();
  for (let index = 0; index < syncProbes; index++) {
    const startedAtMs = performance.now();
    writeSync(file, bytes);
    fdatasyncSync(file);
    latencies.record(performance.now() - startedAtMs);
  }
  closeSync(file);
  rmSync(probe, { recursive: true });
  return latencies;
}

function workerdVersion(): string {
  const manifest = join(import.meta.dirname, '../node_modules/workerd/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** The type of the file system that holds a path: the longest mount point that is a prefix of it. */
function fileSystemOf(directory: string): string {
  const path = resolve(directory);
  let best = { mount: '', kind: 'unknown' };
  for (const line of mounts()) {
    const [, mount = '', kind = ''] = line.split(' ');
    const holds = path === mount || path.startsWith(mount.endsWith('/') ? mount : `${mount}/`);
    if (holds && mount.length >= best.mount.length) best = { mount, kind };
  }
  return best.kind;
}

/** Empty where the system has no /proc. */
function mounts(): string[] {
  try {
    return readFileSync('/proc/mounts', 'utf8').split('\n');
  } catch {
    return [];
  }
}
