import { readFileSync } from 'node:fs';
import type { Feature } from '../scenario-result.ts';

const told = (name: string): string => process.env[name] ?? '';

/** What the suite told this program; see client-run.ts. */
export const servers = told('KAFKA_SERVERS').split(',');
export const named = (name: string): string => `${told('KAFKA_PREFIX')}${name}`;
export const crossTopic = told('KAFKA_CROSS_TOPIC');
const crossReads = told('KAFKA_CROSS_READS')
  .split(',')
  .filter(Boolean)
  .map((read) => read.split('=') as [client: string, topic: string]);

export type CrossRecord = {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
  readonly timestamp: number;
};

type StoredRecord = { key: string | null; value: string | null; headers: [string, string][]; timestamp: number };

/** What each client writes and every other one must read. */
export const crossRecords: readonly CrossRecord[] = (
  JSON.parse(readFileSync(told('KAFKA_CROSS_RECORDS'), 'utf8')) as StoredRecord[]
).map(({ key, value, headers, timestamp }) => ({
  key: key === null ? null : Buffer.from(key, 'base64'),
  value: value === null ? null : Buffer.from(value, 'base64'),
  headers: headers.map(([name, bytes]) => [name, Buffer.from(bytes, 'base64')]),
  timestamp,
}));

export type Scenario = {
  readonly name: string;
  /** Left out where the platform does not list its API. */
  readonly needs?: Feature;
  run(): Promise<void>;
};

/** Runs them one by one and reports each; `readCross` reads a topic that another client wrote, and compares. */
export async function runScenarios(
  client: string,
  scenarios: readonly Scenario[],
  readCross: (topic: string) => Promise<void>,
): Promise<never> {
  const features = told('KAFKA_FEATURES').split(',');
  const reads = crossReads.map(([writer, topic]) => ({
    name: `reads what ${writer} wrote`,
    run: () => readCross(topic),
  }));
  const chosen: readonly Scenario[] =
    reads.length > 0 ? reads : scenarios.filter(({ needs }) => needs === undefined || features.includes(needs));
  for (const { name, run } of chosen) {
    const startedAt = Date.now();
    const error = await within(scenarioPatienceMs, run).then(
      () => undefined,
      (cause) => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)),
    );
    const ms = Date.now() - startedAt;
    process.stdout.write(`${JSON.stringify({ scenario: name, ok: error === undefined, ms, error })}\n`);
  }
  process.stdout.write(`${JSON.stringify({ client })}\n`);
  process.exit(0);
}

const scenarioPatienceMs = 45_000;

async function within(patienceMs: number, run: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${patienceMs} ms`)), patienceMs);
  });
  await Promise.race([run(), tooLate]).finally(() => clearTimeout(timer));
}

/** Asks until `isDone`, for what happens on connections of their own. */
export async function eventually(what: string, isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; ) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within 30 s: ${what}`);
}
