import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, Miniflare, WorkerdStructuredLog } from 'miniflare';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { internalAddress, loopbackAddress, requireFreePort } from './loopback.ts';
import { dataDirectoryVariable, reapOrphans } from './orphans.ts';
import {
  type Door,
  doorEntrypoints,
  miniflareOptions,
  sweepCron,
  sweepIntervalMs,
  workerName,
} from './runtime-options.ts';
import { StartRefusal } from './start-refusal.ts';
import { bundleWorker } from './worker-bundle.ts';

const packageRoot = join(import.meta.dirname, '../../..');

/** The version of this tree, from its package.json. */
export const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;

export type PlatformOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** The port of the Kafka REST Proxy's door, 0 for any free one; without it there is no such door. */
  readonly restProxyPort?: number | null;
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string;
  readonly dataDir: string;
  /** The Worker's source; src/worker.ts by default. */
  readonly entry?: string;
  /** More bindings for the Worker, over the platform's own. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** What the Worker and the runtime log, a line at a time; to stderr by default. */
  readonly log?: (line: string) => void;
};

export type Platform = {
  /** Without a slash at its end. */
  readonly url: string;
  /** Of the Kafka REST Proxy's own port, or null without one. */
  readonly restProxyUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Ends the runtime and frees the port and the data directory. Acknowledged records are on disk already. */
  stop(): Promise<void>;
};

/**
 * Starts the whole platform in this process: the runtime as a child, the doors on their ports. Rejects with
 * {@link StartRefusal} when the address, the port or the data directory cannot be had.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const host = loopbackAddress(options.host ?? '127.0.0.1');
  const data = openDataDirectory(options.dataDir);
  try {
    return await startOn(data, host, options);
  } catch (cause) {
    data.release();
    throw cause;
  }
}

async function startOn(data: DataDirectory, host: string, options: PlatformOptions): Promise<Platform> {
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const orphans = await reapOrphans(data.path);
  if (orphans > 0) log('Ended the runtime of a platform that was killed on this data directory.');
  const doors = doorsOf(host, options);
  await requireFreePorts(doors);

  const entry = options.entry ?? join(packageRoot, 'src/worker.ts');
  // The emulator takes a moment to load; the bundler is a process of its own.
  const [code, emulator] = await Promise.all([bundleWorker(entry), import('miniflare')]);
  const miniflare = tame(
    () =>
      new emulator.Miniflare(
        miniflareOptions(
          {
            code,
            doors,
            internalHost: internalAddress(),
            storagePath: data.storagePath,
            bindings: {
              MILLRACE_SECRET: data.secret,
              MILLRACE_MODE: 'open',
              MILLRACE_VERSION: version,
              ...options.bindings,
            },
            processEnvironment: { [dataDirectoryVariable]: data.path },
            log: logTo(emulator, log),
            onWorkerLog: ({ message }: WorkerdStructuredLog) => log(message),
          },
          emulator.convertV4MiniflareOptions,
        ),
      ),
    data.temporaryPath,
  );
  const urls = await doorUrls(miniflare, doors);
  const url = urls.Main!;
  data.describe({ pid: process.pid, url });
  const endCron = tickCron(miniflare, log);

  let stopping: Promise<void> | undefined;
  return {
    url,
    restProxyUrl: urls.RestProxy ?? null,
    dataDir: data.path,
    stop: () => {
      endCron();
      stopping ??= miniflare.dispose().finally(data.release);
      return stopping;
    },
  };
}

/** Which option chooses the port of which door. */
const portOptions: Readonly<Record<Door['entrypoint'], string>> = { Main: '--port', RestProxy: '--rest-proxy-port' };

function doorsOf(host: string, { port, restProxyPort }: PlatformOptions): readonly Door[] {
  const main: Door = { entrypoint: doorEntrypoints.main, host, port };
  if (restProxyPort === undefined || restProxyPort === null) return [main];
  return [main, { entrypoint: doorEntrypoints.restProxy, host, port: restProxyPort }];
}

async function requireFreePorts(doors: readonly Door[]): Promise<void> {
  for (const { entrypoint, host, port } of doors) await requireFreePort(host, port, portOptions[entrypoint]);
}

/** The doors' URLs by their entrypoints, without a slash at their ends, once they can be called. */
async function doorUrls(miniflare: Miniflare, doors: readonly Door[]): Promise<Partial<Record<string, string>>> {
  try {
    await miniflare.ready;
    const urls: Record<string, string> = {};
    for (const { entrypoint, host } of doors) {
      const direct = await miniflare.unsafeGetDirectURL(workerName, entrypoint);
      urls[entrypoint] = `http://${host.includes(':') ? `[${host}]` : host}:${direct.port}`;
    }
    return urls;
  } catch (cause) {
    await miniflare.dispose().catch(() => {});
    // Another program took a port between the probe and the start.
    if ((cause as { code?: string }).code === 'ERR_ADDRESS_IN_USE') await requireFreePorts(doors);
    throw new StartRefusal(`The runtime did not start: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Does what the cron trigger does in a deployment, as often, until the answer is called. */
function tickCron(miniflare: Miniflare, log: (line: string) => void): () => void {
  const tick = async () => {
    try {
      const worker = await miniflare.getWorker(workerName);
      await worker.scheduled({ cron: sweepCron });
    } catch (cause) {
      log(`The sweep for overdue maintenance failed, and comes again: ${String(cause)}`);
    }
  };
  const timer = setInterval(() => void tick(), sweepIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Makes the emulator without two of its habits. It ends the process on the first SIGINT or SIGTERM, before a clean
 * stop can run (its listener on `exit`, which kills the runtime with the process, stays). And it leaves a folder in the
 * system's temporary directory behind each time, which goes into the data directory instead, where it is cleared.
 */
function tame<T>(make: () => T, temporaryPath: string): T {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = signals.map((signal) => process.listeners(signal));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporaryPath;
  const made = make();
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[index]!.includes(listener)) process.off(signal, listener);
    }
  }
  return made;
}

/** The emulator's own messages go where the Worker's go: stdout belongs to the ready line. */
function logTo(emulator: typeof import('miniflare'), write: (line: string) => void): Log {
  class LineLog extends emulator.Log {
    protected override log(message: string): void {
      write(message);
    }
  }
  return new LineLog(emulator.LogLevel.WARN, { prefix: 'millrace' });
}
