import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { reapOrphans } from '../../src/cli/dev/orphans.ts';
import { afterSeconds } from './patience.ts';

const repository = join(import.meta.dirname, '../..');

/** A start takes about a second; a machine that stalls gets a large multiple of it. */
const readyDeadlineSeconds = 180;

/** A port may be taken; more tries than this mean something else is wrong. */
const portTriesMax = 20;

/**
 * Ports below the range from which the kernel takes those of outgoing connections: in that range a client that
 * connects while the platform is down may be given the platform's own port, and hold it against the next start.
 */
const firstPort = 10_000;
const portCount = 20_000;

/**
 * The real platform in a process group of its own, so that all of it, launcher and runtime, can be killed at once as a
 * crash would. It answers at one address through all its lives.
 */
export class PlatformGroup implements AsyncDisposable {
  readonly dataDir: string;
  /** How long each start took until the ready line, in ms. */
  readonly startsMs: number[] = [];
  readyAtMs = 0;
  stderr = '';
  readonly #options: { readonly command?: readonly string[] };
  #port = 0;
  #child: ChildProcess | null = null;
  #whenUp: PromiseWithResolvers<void> = Promise.withResolvers();

  /** `command` is put before the platform's own, as in `strace -f ...`. */
  constructor(dataDir: string, options: { readonly command?: readonly string[] } = {}) {
    this.dataDir = dataDir;
    this.#options = options;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when the platform is up, at once if it is. */
  whenUp(): Promise<void> {
    return this.#whenUp.promise;
  }

  async start(): Promise<void> {
    if (this.#port !== 0) return this.#launch(this.#port);
    for (let tries = 1; ; tries += 1) {
      const port = firstPort + Math.floor(Math.random() * portCount);
      try {
        await this.#launch(port);
        return;
      } catch (cause) {
        if (tries === portTriesMax || !/is in use: stop the program/.test(this.stderr)) throw cause;
      }
    }
  }

  /** SIGKILL to every process of the group; resolves when the launcher is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#whenUp = Promise.withResolvers();
    this.#child = null;
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    process.kill(-child.pid!, 'SIGKILL');
    await exited;
  }

  /** Freezes every process of the group for `ms`, as a stalled machine would. */
  async freeze(ms: number): Promise<void> {
    const group = -this.pid;
    process.kill(group, 'SIGSTOP');
    try {
      await pause(ms);
    } finally {
      process.kill(group, 'SIGCONT');
    }
  }

  /** SIGTERM, as a person stops it; resolves with its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    this.#whenUp = Promise.withResolvers();
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await reapOrphans(this.dataDir);
  }

  async #launch(port: number): Promise<void> {
    const startedAtMs = performance.now();
    const command = [
      ...(this.#options.command ?? []),
      process.execPath,
      join(repository, 'src/cli/main.ts'),
      ...['dev', '--port', String(port), '--data', this.dataDir, '--json'],
    ];
    const child = spawn(command[0]!, command.slice(1), {
      cwd: repository,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    const callOff = afterSeconds(readyDeadlineSeconds, () => process.kill(-child.pid!, 'SIGKILL'));
    try {
      for await (const _ready of createInterface({ input: child.stdout })) {
        this.readyAtMs = performance.now();
        this.startsMs.push(this.readyAtMs - startedAtMs);
        this.#port = port;
        this.#whenUp.resolve();
        return;
      }
    } finally {
      callOff();
    }
    this.#child = null;
    const afterMs = Math.round(performance.now() - startedAtMs);
    throw new Error(
      `the platform did not start (${child.signalCode ?? child.exitCode} after ${afterMs} ms):\n${this.stderr}`,
    );
  }
}
