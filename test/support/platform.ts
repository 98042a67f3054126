import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { reapOrphans } from '../../src/cli/dev/orphans.ts';

const repository = join(import.meta.dirname, '../..');

/** A start takes about a second; a busy machine gets a multiple of it before the test fails with what was printed. */
const READY_DEADLINE_MS = 30_000;

export type PlatformProcess = {
  /** Without a slash at its end; another one after a restart, unless `port` was given. */
  readonly url: string;
  /** Of the Kafka REST Proxy's own port. */
  readonly restProxyUrl: string;
  /** Of the Kafka door: `host:port`, or several of them with commas between. */
  readonly kafkaServers: string;
  /** The owner's API key, after a first start with `auth`. */
  readonly ownerKey: string | null;
  readonly pid: number;
  readonly dataDir: string;
  /** Everything printed to stderr since the first start. */
  readonly stderr: string;
  /** SIGTERM; resolves with the exit code once the process is gone. */
  stop(): Promise<number | null>;
  /** SIGKILL of the launcher alone, as a crash would do; resolves once it is gone. */
  kill9(): Promise<void>;
  /** Starts again on the same data: after stop() or kill9(), or else stops first. */
  restart(): Promise<void>;
  /** Stops what runs and removes the data directory, unless it was given. */
  [Symbol.asyncDispose](): Promise<void>;
};

export type PlatformProcessOptions = {
  /** Default: a new directory, removed at the end. */
  readonly dataDir?: string;
  /** 0, any free port, by default. */
  readonly port?: number;
  /** Runs closed. */
  readonly auth?: boolean;
  /** More of the environment, such as MILLRACE_OPERATOR_KEY. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Worker's source; the platform's own by default. */
  readonly entry?: string;
  /** More options of `millrace dev`. */
  readonly args?: readonly string[];
};

/**
 * Runs the real platform as a process of its own, as a user does, and waits until it is ready. Use it with `await
 * using`, so that a failing test leaves no process behind.
 */
export async function startPlatformProcess(options: PlatformProcessOptions = {}): Promise<PlatformProcess> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const printed = { stderr: '' };
  let running = await launch(dataDir, options, printed);

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const { child } = running;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  const restart = async (): Promise<void> => {
    await end('SIGTERM');
    running = await launch(dataDir, options, printed);
  };
  return {
    get url() {
      return running.url;
    },
    get restProxyUrl() {
      return running.restProxyUrl;
    },
    get kafkaServers() {
      return running.kafkaServers;
    },
    get ownerKey() {
      return running.ownerKey;
    },
    get pid() {
      return running.child.pid!;
    },
    get stderr() {
      return printed.stderr;
    },
    dataDir,
    stop: () => end('SIGTERM'),
    kill9: async () => {
      await end('SIGKILL');
    },
    restart,
    [Symbol.asyncDispose]: async () => {
      await end('SIGTERM');
      // A killed launcher leaves its runtime behind.
      await reapOrphans(realpathSync(dataDir));
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type Running = {
  readonly child: ChildProcess;
  readonly url: string;
  readonly restProxyUrl: string;
  readonly kafkaServers: string;
  readonly ownerKey: string | null;
};

async function launch(dataDir: string, options: PlatformProcessOptions, printed: { stderr: string }): Promise<Running> {
  const program =
    options.entry === undefined
      ? [join(repository, 'src/cli/main.ts'), 'dev']
      : [join(import.meta.dirname, 'dev-with-entry.ts'), options.entry];
  const child = spawn(
    process.execPath,
    [...program, '--port', String(options.port ?? 0), '--data', dataDir, '--json', ...argumentsOf(options)],
    { cwd: repository, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stderr.on('data', (chunk) => {
    printed.stderr += chunk;
  });
  const tooLate = setTimeout(() => child.kill('SIGKILL'), READY_DEADLINE_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(tooLate);
    const { url, rest_proxy_url, kafka_bootstrap_servers, owner_key = null } = JSON.parse(line);
    return { child, url, restProxyUrl: rest_proxy_url, kafkaServers: kafka_bootstrap_servers, ownerKey: owner_key };
  }
  clearTimeout(tooLate);
  throw new Error(`the platform did not start:\n${printed.stderr}`);
}

function argumentsOf({ auth = false, args = [] }: PlatformProcessOptions): string[] {
  return [...(auth ? ['--auth'] : []), ...args];
}
