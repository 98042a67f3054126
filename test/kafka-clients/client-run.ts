import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Feature, ScenarioResult } from './scenario-result.ts';

/** What a program is told, in its environment; every language reads it there. */
export type RunOptions = {
  /** `host:port`, with commas between: all that a client is configured with. */
  readonly servers: string;
  /** Begins the names of the topics, groups and transactional ids that the run makes. */
  readonly prefix: string;
  readonly features: readonly Feature[];
  /** A topic to write the records of cross-records.json to. */
  readonly crossTopic: string;
  /** Only reads these instead, and compares; `client=topic`. */
  readonly crossReads: readonly string[];
};

export type ClientRun = {
  /** What the client calls itself; empty when its program ended before it said so. */
  readonly version: string;
  readonly results: readonly ScenarioResult[];
};

/** A program that hangs is ended, and what it did not report has failed. */
const patienceMs = 150_000;
/** Of what a program complained of, what is shown when it ended badly. */
const shownCharacters = 3_000;

/** Runs a client's program once; `onResult` hears of each scenario as it ends. */
export async function runClient(
  command: readonly string[],
  options: RunOptions,
  onResult: (result: ScenarioResult) => void,
): Promise<ClientRun> {
  const startedAt = Date.now();
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KAFKA_SERVERS: options.servers,
      KAFKA_PREFIX: options.prefix,
      KAFKA_FEATURES: options.features.join(),
      KAFKA_CROSS_RECORDS: join(import.meta.dirname, 'cross-records.json'),
      KAFKA_CROSS_TOPIC: options.crossTopic,
      KAFKA_CROSS_READS: options.crossReads.join(),
    },
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-shownCharacters);
  });
  let version = '';
  const results: ScenarioResult[] = [];
  const report = (result: ScenarioResult): void => {
    results.push(result);
    onResult(result);
  };
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const said = parsed(line);
    if (said?.client !== undefined) version = said.client;
    if (said?.scenario !== undefined) report(said as ScenarioResult);
  });
  const [end] = await Promise.all([ended, once(lines, 'close')]);
  clearTimeout(timer);
  const trouble = end === '' && version === '' ? 'ended before it was done' : end;
  if (trouble !== '') {
    report({ scenario: 'its program', ok: false, ms: Date.now() - startedAt, error: `${trouble}\n${complaints}` });
  }
  return { version, results };
}

/** Clients print warnings of their own between the lines that are meant for us. */
function parsed(line: string): (Partial<ScenarioResult> & { readonly client?: string }) | null {
  try {
    return line.startsWith('{') ? JSON.parse(line) : null;
  } catch {
    return null;
  }
}
