import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServerProcess } from './child-process.ts';
import type { LoadWindow } from './load-result.ts';
import { LoadThread } from './load-thread.ts';
import { type PlatformKind, type RunningPlatform, startPlatformProcess } from './platform.ts';

/** How long and how often; `--quick` is for a look, the full run for figures that are written down. */
export type Effort = LoadWindow & {
  readonly rounds: number;
  readonly isQuick: boolean;
};

export const fullEffort: Effort = { warmUpMs: 400, windowMs: 1_600, rounds: 3, isQuick: false };
export const quickEffort: Effort = { warmUpMs: 250, windowMs: 700, rounds: 1, isQuick: true };

/** A topic whose segments stay in the partition: what a suite measures is then the log, not the moving of old segments. */
export const keptInRows = { 'millrace.tiering': 'false' } as const;

/** What every suite works with: the load thread, a directory on the real disk, and servers started once when first needed. */
export class BenchContext {
  readonly effort: Effort;
  readonly directory: string;
  readonly load = new LoadThread();
  readonly #servers = new Map<string, Promise<ServerProcess>>();
  readonly #say: (line: string) => void;
  #topics = 0;

  constructor(effort: Effort, parentDirectory: string, say: (line: string) => void) {
    mkdirSync(parentDirectory, { recursive: true });
    this.effort = effort;
    this.directory = mkdtempSync(join(resolve(parentDirectory), 'run-'));
    this.#say = say;
  }

  /** Progress for a person; never part of the figures. */
  say(line: string): void {
    this.#say(line);
  }

  platform(kind: PlatformKind): Promise<RunningPlatform> {
    return this.server(kind, () => startPlatformProcess(kind, this.directory));
  }

  /** Starts a server the first time it is asked for; all of them end with the run. */
  server<Server extends ServerProcess>(name: string, start: () => Promise<Server>): Promise<Server> {
    const running = this.#servers.get(name) ?? start();
    this.#servers.set(name, running);
    // A name always goes with one `start`, so what is remembered under it is what that one made.
    return running as Promise<Server>;
  }

  /** Creates a topic of one partition with a name of its own and answers the name. */
  async createTopic(platform: ServerProcess, config: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#topics += 1;
    const name = `bench-${this.#topics}`;
    const answer = await fetch(`http://127.0.0.1:${platform.port}/v1/topics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...credentialHeaders(platform) },
      body: JSON.stringify({ name, partitions: 1, config }),
    });
    if (answer.status !== 201) throw new Error(`no topic: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.load[Symbol.asyncDispose]();
    for (const server of this.#servers.values()) {
      await server.then((running) => running[Symbol.asyncDispose]()).catch(() => {});
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The header that a closed platform asks for; none for the others. */
export function credentialHeaders({ credential }: ServerProcess): Record<string, string> {
  return credential === null ? {} : { authorization: `Bearer ${credential}` };
}
