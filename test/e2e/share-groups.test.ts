import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

/** The figure to reach is 100,000; the usual run is a tenth of it. */
const recordCount = Number(process.env.MILLRACE_SHARE_RECORDS ?? 10_000);
const workerCount = 16;
const partitionCount = 8;
const rejectedEvery = 50;
const releasedEvery = 37;

let platform: PlatformProcess;
beforeAll(async () => {
  platform = await startPlatformProcess();
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

type ShareRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: number;
  readonly lock_id: string;
  readonly delivery_count: number;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
};

/** Undefined when the answer was lost, as while the platform is down. */
async function post<Answer>(path: string, body: unknown): Promise<Answer | undefined> {
  try {
    const answer = await fetch(platform.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    return answer.ok ? ((await answer.json()) as Answer) : undefined;
  } catch {
    return undefined;
  }
}

/** What the workers were told of the records' fate. */
class Ledger {
  readonly accepted = new Map<number, number>();
  /** Their acknowledgement was lost on the way there or back. */
  readonly unknown = new Set<number>();
  readonly rejected = new Set<number>();
  deliveries = 0;
  lostAnswers = 0;
  late = 0;
}

function decide({ value, delivery_count: deliveryCount }: ShareRecord): 'accept' | 'reject' | 'release' {
  if (value % rejectedEvery === 0) return 'reject';
  return value % releasedEvery === 0 && deliveryCount === 1 ? 'release' : 'accept';
}

async function work(member: number, ledger: Ledger, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    const acquired = await post<{ records: ShareRecord[] }>('/v1/share-groups/crew/acquire', {
      member_id: `worker-${member}`,
      topics: ['jobs'],
      max_records: 200,
      wait_ms: 500,
    });
    if (acquired === undefined) {
      ledger.lostAnswers += 1;
      await pause(100);
      continue;
    }
    const { records } = acquired;
    ledger.deliveries += records.length;
    if (records.length === 0) continue;
    const acknowledgements = records.map((record) => ({
      topic: record.topic,
      partition: record.partition,
      from: record.offset,
      lock_id: record.lock_id,
      type: decide(record),
    }));
    const path = '/v1/share-groups/crew/acknowledge';
    const answered = await post<{ results: ({ ok: true } | { code: string })[] }>(path, { acknowledgements });
    if (answered === undefined) ledger.lostAnswers += 1;
    for (const [index, record] of records.entries()) {
      const result = answered?.results[index];
      const type = decide(record);
      if (type === 'reject') ledger.rejected.add(record.value);
      if (type !== 'accept') continue;
      if (result === undefined) ledger.unknown.add(record.value);
      else if ('ok' in result) ledger.accepted.set(record.value, (ledger.accepted.get(record.value) ?? 0) + 1);
      else ledger.late += 1;
    }
  }
}

async function standing() {
  const answer = await fetch(`${platform.url}/v1/share-groups/crew`);
  const { partitions } = (await answer.json()) as { partitions: Record<string, number>[] };
  const sum = (field: string) => partitions.reduce((total, partition) => total + Number(partition[field]), 0);
  return { accepted: sum('accepted'), archived: sum('archived'), deadLettered: sum('dead_lettered') };
}

async function readLetters(): Promise<number[]> {
  const values: number[] = [];
  for (let offset = 0; ; ) {
    const answer = await fetch(`${platform.url}/v1/topics/letters/partitions/0/records?offset=${offset}`);
    const page = (await answer.json()) as { records: ShareRecord[]; next_offset: number };
    if (page.records.length === 0) return values;
    values.push(...page.records.map(({ value }) => value));
    offset = page.next_offset;
  }
}

test('sixteen workers accept every record once or have it dead-lettered once, with a kill -9 in between (I-4a I-4b I-4e)', async () => {
  await post('/v1/topics', { name: 'jobs', partitions: partitionCount });
  await post('/v1/topics', { name: 'letters', partitions: 1 });
  const config = { start: 'earliest', dead_letter_topic: 'letters', lock_duration_ms: 5_000, delivery_limit: 20 };
  await post('/v1/share-groups', { group: 'crew', ...config });
  for (let first = 0; first < recordCount; first += 5_000) {
    const count = Math.min(5_000, recordCount - first);
    const records = Array.from({ length: count }, (_, index) => ({
      value: first + index,
      partition: (first + index) % partitionCount,
    }));
    expect(await post('/v1/topics/jobs/records', { records })).toBeDefined();
  }
  const ledger = new Ledger();
  const startedMs = performance.now();
  let isDone = false;
  const workers = Array.from({ length: workerCount }, (_, member) => work(member, ledger, () => isDone));
  while (ledger.accepted.size < recordCount / 3) await pause(20);
  await platform.kill9();
  await platform.restart();
  let found = await standing();
  while (found.accepted + found.archived + found.deadLettered < recordCount) {
    await pause(200);
    found = await standing();
  }
  isDone = true;
  await Promise.all(workers);
  const seconds = (performance.now() - startedMs) / 1000;
  const letters = await readLetters();
  console.log(
    `share group: ${workerCount} workers, ${recordCount} records in ${seconds.toFixed(1)} s with a kill -9: ` +
      `${found.accepted} accepted, ${found.deadLettered} dead-lettered, ${ledger.deliveries} deliveries, ` +
      `${ledger.lostAnswers} answers lost, ${ledger.late} acknowledgements too late`,
  );
  const all = Array.from({ length: recordCount }, (_, value) => value);
  const poisoned = all.filter((value) => value % rejectedEvery === 0);
  expect(letters.toSorted((one, other) => one - other)).toEqual(poisoned);
  expect([...ledger.accepted.values()].filter((times) => times !== 1)).toEqual([]);
  expect(letters.filter((value) => ledger.accepted.has(value))).toEqual([]);
  const missing = all.filter(
    (value) => value % rejectedEvery !== 0 && !ledger.accepted.has(value) && !ledger.unknown.has(value),
  );
  expect(missing).toEqual([]);
  expect(found).toEqual({
    accepted: recordCount - poisoned.length,
    archived: 0,
    deadLettered: poisoned.length,
  });
}, 600_000);
