import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, Miniflare, WorkerdStructuredLog } from 'miniflare';
import type { OrganizationFoundedJson } from '../../contracts/organizations.ts';
import { parseCaps } from '../../limits/caps.ts';
import { parseOperatorRates } from '../../limits/operator-rates.ts';
import { parseSignupMode } from '../../limits/signup-mode.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { findFreePort, internalAddress, loopbackAddress, requireFreePort } from './loopback.ts';
import { dataDirectoryVariable, reapOrphans } from './orphans.ts';
import {
  type Door,
  doorEntrypoints,
  type KafkaPort,
  miniflareOptions,
  sweepCron,
  sweepIntervalMs,
  workerName,
} from './runtime-options.ts';
import { RuntimeFailure, StartRefusal } from './start-refusal.ts';
import { bundleWorker } from './worker-bundle.ts';

const packageRoot = join(import.meta.dirname, '../../..');

/** The version of this tree, from its package.json. */
export const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;

export type PlatformOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** The port of the Kafka REST Proxy's door, 0 for any free one; without it there is no such door. */
  readonly restProxyPort?: number | null;
  /** The ports of the Kafka door, each of which clients see as a broker; 0, alone, for any free one; none without it. */
  readonly kafkaPorts?: readonly number[];
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string;
  readonly dataDir: string;
  /** Runs closed: every request needs a credential. The first start prints the key of the owner. */
  readonly auth?: boolean;
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
  /** Where Kafka clients begin, as `host:port,host:port`, or null without a Kafka door. */
  readonly kafkaServers: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** The owner's API key, at the start that made it and never again. */
  readonly ownerKey: string | null;
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
    return await startWithChosenPorts(data, host, options);
  } catch (cause) {
    data.release();
    throw cause;
  }
}

/** A port that is chosen here can be another program's by the time the runtime takes it: then others are chosen. */
const startsMax = 3;

async function startWithChosenPorts(data: DataDirectory, host: string, options: PlatformOptions): Promise<Platform> {
  const choosesPorts = (options.kafkaPorts ?? []).includes(0);
  for (let starts = 1; ; starts += 1) {
    try {
      return await startOn(data, host, options);
    } catch (cause) {
      if (!(cause instanceof RuntimeFailure) || !choosesPorts || starts === startsMax) throw cause;
    }
  }
}

async function startOn(data: DataDirectory, host: string, options: PlatformOptions): Promise<Platform> {
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const orphans = await reapOrphans(data.path);
  if (orphans > 0) log('Ended the runtime of a platform that was killed on this data directory.');
  const doors = doorsOf(host, options);
  const kafkaPorts = await Promise.all((options.kafkaPorts ?? []).map((port) => chosenPort(host, port)));
  const requireFree = () => requireFreePorts(doors, kafkaPorts);
  await requireFree();

  // Where nobody gave one, an operator's key is for this start alone: the launcher founds the organization with it.
  const operatorKey = process.env.MILLRACE_OPERATOR_KEY || randomBytes(32).toString('base64url');
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
            kafkaPorts,
            dashboardPath: builtDashboard(),
            internalHost: internalAddress(),
            storagePath: data.storagePath,
            bindings: {
              MILLRACE_SECRET: data.secret,
              MILLRACE_VERSION: version,
              ...(kafkaPorts.length > 1 && { MILLRACE_KAFKA_BROKERS: kafkaPorts.map(addressOf).join() }),
              ...modeBindings(options, operatorKey),
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
  const urls = await doorUrls(miniflare, doors, requireFree);
  const url = urls.Main!;
  data.describe({ pid: process.pid, url });
  const ownerKey = options.auth === true ? await bootstrap(miniflare, url, operatorKey) : null;
  const endCron = tickCron(miniflare, log);

  let stopping: Promise<void> | undefined;
  return {
    url,
    restProxyUrl: urls.RestProxy ?? null,
    kafkaServers: kafkaPorts.length === 0 ? null : kafkaPorts.map(addressOf).join(),
    dataDir: data.path,
    ownerKey,
    stop: () => {
      endCron();
      stopping ??= miniflare.dispose().finally(data.release);
      return stopping;
    },
  };
}

/** The dashboard as `npm run build` left it; null in a tree where it was not built. */
function builtDashboard(): string | null {
  const path = join(packageRoot, 'dashboard/dist');
  return existsSync(join(path, 'index.html')) ? path : null;
}

function modeBindings({ auth = false }: PlatformOptions, operatorKey: string): Record<string, string> {
  if (!auth) return { MILLRACE_MODE: 'open' };
  const { MILLRACE_CAPS = '', MILLRACE_QUOTAS = '', MILLRACE_SIGNUP = '' } = process.env;
  const caps = parseCaps(MILLRACE_CAPS);
  if (!caps.ok) throw new StartRefusal(caps.error.message);
  const rates = parseOperatorRates(MILLRACE_QUOTAS);
  if (!rates.ok) throw new StartRefusal(rates.error.message);
  const signup = parseSignupMode(MILLRACE_SIGNUP);
  if (!signup.ok) throw new StartRefusal(signup.error.message);
  return {
    MILLRACE_MODE: 'closed',
    MILLRACE_KEY_ENVIRONMENT: 'local',
    MILLRACE_OPERATOR_KEY: operatorKey,
    MILLRACE_CAPS,
    MILLRACE_QUOTAS,
    MILLRACE_SIGNUP,
  };
}

/** Founds the organization that an open platform's data belongs to, if this is the first closed start on it. */
async function bootstrap(miniflare: Miniflare, url: string, operatorKey: string): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/v1/bootstrap`, {
      method: 'POST',
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    if (answer.status === 409) return null;
    if (!answer.ok) throw new Error(`status ${answer.status}: ${await answer.text()}`);
    const founded = (await answer.json()) as OrganizationFoundedJson;
    return founded.owner_key.api_key;
  } catch (cause) {
    await miniflare.dispose();
    throw new StartRefusal(`The platform's organization could not be founded: ${String(cause)}`);
  }
}

/** Which option chooses the port of which door. */
const portOptions: Readonly<Record<Door['entrypoint'], string>> = { Main: '--port', RestProxy: '--rest-proxy-port' };

function doorsOf(host: string, { port, restProxyPort }: PlatformOptions): readonly Door[] {
  const main: Door = { entrypoint: doorEntrypoints.main, host, port };
  if (restProxyPort === undefined || restProxyPort === null) return [main];
  return [main, { entrypoint: doorEntrypoints.restProxy, host, port: restProxyPort }];
}

async function requireFreePorts(doors: readonly Door[], kafkaPorts: readonly KafkaPort[]): Promise<void> {
  for (const { entrypoint, host, port } of doors) await requireFreePort(host, port, portOptions[entrypoint]);
  for (const { host, port } of kafkaPorts) await requireFreePort(host, port, '--kafka-port');
}

/** The doors' URLs by their entrypoints, without a slash at their ends, once they can be called. */
async function doorUrls(
  miniflare: Miniflare,
  doors: readonly Door[],
  requireFree: () => Promise<void>,
): Promise<Partial<Record<string, string>>> {
  try {
    await miniflare.ready;
    const urls: Record<string, string> = {};
    for (const { entrypoint, host } of doors) {
      const direct = await miniflare.unsafeGetDirectURL(workerName, entrypoint);
      urls[entrypoint] = `http://${addressOf({ host, port: Number(direct.port) })}`;
    }
    return urls;
  } catch (cause) {
    await miniflare.dispose().catch(() => {});
    // Another program took a port between the probe and the start.
    if ((cause as { code?: string }).code === 'ERR_ADDRESS_IN_USE') await requireFree();
    throw new RuntimeFailure(`The runtime did not start: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The emulator does not tell which free port it took for TCP, so one is chosen for it. */
async function chosenPort(host: string, port: number): Promise<KafkaPort> {
  return { host, port: port === 0 ? await findFreePort(host) : port };
}

const addressOf = ({ host, port }: KafkaPort): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

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
