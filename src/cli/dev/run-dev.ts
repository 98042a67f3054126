import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Platform, type PlatformOptions, startPlatform, version } from './platform.ts';
import { exitCodes, StartRefusal } from './start-refusal.ts';
import { stopRequested } from './stop-signals.ts';

const DEFAULT_PORT = 8787;

/** Where clients of the Kafka REST Proxy look for it. */
const DEFAULT_REST_PROXY_PORT = 8082;

/** Where Kafka clients look for a broker. */
const DEFAULT_KAFKA_PORT = 9092;

const MAX_PORT = 65_535;

/** More brokers than this on one machine show nothing that these do not. */
const MAX_KAFKA_PORTS = 16;

/** A clean stop takes milliseconds; past this the process ends anyway and takes the runtime with it. */
const STOP_DEADLINE_MS = 5_000;

export const devHelp = `Usage: millrace dev [options]

Runs the whole platform on this machine, on loopback only: open (no credentials), or closed with --auth, where every
request needs an API key. The first start with --auth prints the owner's key, once; it opens what was there before, too.
A closed platform has no Kafka door yet.

Options:
  --port NUMBER   port of the HTTP door; 0 takes any free one (default ${DEFAULT_PORT}, or the environment's PORT)
  --rest-proxy-port NUMBER
                  port of the Kafka REST Proxy's door; none switches it off (default ${DEFAULT_REST_PROXY_PORT} beside
                  port ${DEFAULT_PORT}, else any free one)
  --kafka-port NUMBER[,NUMBER...]
                  port of the Kafka door, several to appear as so many brokers; none switches it off (default
                  ${DEFAULT_KAFKA_PORT} beside port ${DEFAULT_PORT}, else any free one)
  --host ADDRESS  loopback address to serve (default 127.0.0.1)
  --auth          run closed: ask every request for a credential
  --data DIR      directory that holds all data (default .millrace)
  --json          print the ready line as JSON
  --help          show this help

Examples:
  millrace dev
  millrace dev --auth
  millrace dev --port 9000 --data /var/tmp/orders
  millrace dev --kafka-port 9092,9093,9094
  npm start -- --port 9000

Ctrl-C stops it; everything that was acknowledged is there at the next start.
`;

type DevOptions = {
  readonly port: number;
  readonly restProxyPort: number | null;
  readonly kafkaPorts: readonly number[];
  readonly host: string;
  readonly dataDir: string;
  readonly auth: boolean;
  readonly json: boolean;
};

/**
 * Runs `millrace dev` until it is told to stop. Resolves with the exit code. `internals` are what a user cannot set:
 * tests run the launcher over a Worker of their own.
 */
export async function runDev(argv: string[], internals: Pick<PlatformOptions, 'entry'> = {}): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options === 'help') {
      process.stdout.write(devHelp);
      return exitCodes.ok;
    }
    return await runUntilStopped({ ...options, ...internals });
  } catch (cause) {
    if (!(cause instanceof StartRefusal)) throw cause;
    process.stderr.write(`millrace dev: ${cause.message}\n`);
    return cause.exitCode;
  }
}

async function runUntilStopped(options: DevOptions & PlatformOptions): Promise<number> {
  // Listens before it starts: a signal during the start must not leave a runtime behind.
  const stop = stopRequested(isBoundToParent());
  let isStopping = false;
  void stop.then(() => {
    isStopping = true;
  });
  try {
    const platform = await startPlatform(options);
    if (!isStopping) process.stdout.write(`${readyLine(platform, options)}\n`);
    await stop;
    setTimeout(() => process.exit(exitCodes.failed), STOP_DEADLINE_MS).unref();
    await platform.stop();
    return exitCodes.ok;
  } catch (cause) {
    // Ctrl-C reaches the bundler and the runtime too, and a start that it cut short is no failure.
    if (isStopping) return exitCodes.ok;
    throw cause;
  }
}

/** npm and the bin stand between a person and this process: it must not outlive them. */
function isBoundToParent(): boolean {
  return process.env.npm_lifecycle_event !== undefined || process.env.MILLRACE_BIN !== undefined;
}

function readOptions(argv: string[]): DevOptions | 'help' {
  const { values } = parse(argv);
  if (values.help) return 'help';
  const port = readPort(values.port ?? (process.env.PORT || String(DEFAULT_PORT)));
  return {
    port,
    restProxyPort: readRestProxyPort(values['rest-proxy-port'], port),
    kafkaPorts: readKafkaPorts(values['kafka-port'], port),
    host: values.host ?? '127.0.0.1',
    dataDir: values.data ?? '.millrace',
    auth: values.auth ?? false,
    json: values.json ?? false,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        port: { type: 'string' },
        'rest-proxy-port': { type: 'string' },
        'kafka-port': { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        auth: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new StartRefusal(`${(cause as Error).message} (millrace dev --help lists the options)`, exitCodes.usage);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= MAX_PORT) return port;
  throw new StartRefusal(
    `${JSON.stringify(text)} is not a port: a whole number from 0 to ${MAX_PORT}.`,
    exitCodes.usage,
  );
}

/** A second platform on the same machine, which must choose a port anyway, finds the second door's port taken too. */
function readRestProxyPort(text: string | undefined, mainPort: number): number | null {
  if (text === 'none') return null;
  const port = text === undefined ? (mainPort === DEFAULT_PORT ? DEFAULT_REST_PROXY_PORT : 0) : readPort(text);
  if (port === 0 || port !== mainPort) return port;
  throw new StartRefusal(`--rest-proxy-port is ${port}, which is --port already.`, exitCodes.usage);
}

function readKafkaPorts(text: string | undefined, mainPort: number): number[] {
  if (text === 'none') return [];
  if (text === undefined) return [mainPort === DEFAULT_PORT ? DEFAULT_KAFKA_PORT : 0];
  const ports = text.split(',').map(readPort);
  if (ports.length > MAX_KAFKA_PORTS) {
    throw new StartRefusal(
      `--kafka-port takes ${MAX_KAFKA_PORTS} ports at most, not ${ports.length}.`,
      exitCodes.usage,
    );
  }
  if (new Set(ports).size < ports.length || (ports.length > 1 && ports.includes(0))) {
    throw new StartRefusal('Several ports of --kafka-port must differ, and none of them can be 0.', exitCodes.usage);
  }
  return ports;
}

function readyLine(platform: Platform, options: DevOptions): string {
  if (options.json) {
    return JSON.stringify({
      event: 'ready',
      version,
      url: platform.url,
      rest_proxy_url: platform.restProxyUrl,
      kafka_bootstrap_servers: platform.kafkaServers,
      data_dir: platform.dataDir,
      ...(platform.ownerKey === null ? {} : { owner_key: platform.ownerKey }),
      pid: process.pid,
    });
  }
  const fromHere = relative(process.cwd(), platform.dataDir);
  const shown = fromHere.startsWith('..') ? platform.dataDir : fromHere || '.';
  const restProxy = platform.restProxyUrl === null ? '' : `Kafka REST Proxy at ${platform.restProxyUrl}, `;
  const kafka = platform.kafkaServers === null ? '' : `Kafka at ${platform.kafkaServers}, `;
  const ready = `Millrace ${version} is ready at ${platform.url} (${kafka}${restProxy}data in ${shown})`;
  if (platform.ownerKey === null) return ready;
  return `${ready}\n\nThe owner's API key, which is shown this once and kept nowhere:\n\n  export MILLRACE_API_KEY=${platform.ownerKey}\n`;
}
