import { beforeEach, describe, expect, it } from 'vitest';
import { anonymousPrincipal, type Principal } from '../../src/authorization/principal.ts';
import { noAuthority, type PrincipalAuthority } from '../../src/authorization/principal-authority.ts';
import { noQuotas, type QuotaGate } from '../../src/authorization/quota-gate.ts';
import { failed, ok, type Result } from '../../src/errors/result.ts';
import { JobEdge, type ReplayRequest } from '../../src/gateway/jobs/job-edge.ts';
import { LogDoor } from '../../src/gateway/jobs/log-door.ts';
import { noUsage } from '../../src/gateway/usage/edge-usage.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { JobDoor, JobHands } from '../../src/jobs/job-door.ts';
import { limits } from '../../src/limits.ts';
import { decompress } from '../../src/log/compression.ts';
import { decodeBatches, type LogRecord } from '../../src/log/record.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { HttpTransactions } from '../support/http-transactions.ts';
import { MemoryJobs } from '../support/memory-jobs.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const encoder = new TextEncoder();
const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes));

let platform: MemoryPlatform;
let jobs: MemoryJobs;
/** How the log is reached; a test may break it. */
let wrapHands: (hands: JobHands) => JobHands;
let authority: PrincipalAuthority;
let quotas: QuotaGate;

beforeEach(async () => {
  platform = new MemoryPlatform();
  wrapHands = (hands) => hands;
  authority = noAuthority;
  quotas = noQuotas;
  const log = new LogDoor({
    edgeOf: (_cluster, principal) => platform.servicesFor(principal),
    authority: {
      epoch: (orgId) => authority.epoch(orgId),
      find: (orgId, asked) => authority.find(orgId, asked),
      connections: (orgId, held) => authority.connections(orgId, held),
    },
    quotas: {
      admit: (...asked) => quotas.admit(...asked),
      spendFetchBytes: (...spent) => quotas.spendFetchBytes(...spent),
      owedMs: (...asked) => quotas.owedMs(...asked),
    },
    usage: noUsage,
    clock: { nowMs: () => platform.nowMs },
  });
  const door: JobDoor = {
    open: async (ref, job) => {
      const hands = await log.open(ref, job);
      return hands.ok ? ok(wrapHands(hands.value)) : hands;
    },
    close: (jobId) => log.close(jobId),
  };
  jobs = new MemoryJobs({ clock: { nowMs: () => platform.nowMs }, door });
  for (const [name, partitions] of [
    ['orders', 2],
    ['copy', 3],
  ] as const) {
    const created = await platform.api.request('/v1/topics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, partitions }),
    });
    expect(created.status).toBe(201);
  }
});

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** Records of two partitions; every third has no key. */
async function fill(count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, number) => ({
    partition: number % 2,
    key: number % 3 === 0 ? null : encoder.encode(`key-${number % 7}`),
    value: encoder.encode(`{"number":${number}}`),
    headers: [{ name: 'trace', value: encoder.encode(String(number)) }],
    timestampMs: 1_700_000_000_000 + number,
  }));
  for (let at = 0; at < count; at += 500) {
    expectOk(await platform.services.producer.produce('orders', records.slice(at, at + 500)));
  }
}

async function read(topic: string, partition: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let offset = 0; ; ) {
    const page = expectOk(
      await platform.services.reader.read({
        topic,
        partition,
        from: { offset },
        maxBytes: 1_000_000,
        waitMs: 0,
        minBytes: 1,
      }),
    );
    const bytes = new Uint8Array(await page.response.arrayBuffer());
    expectOk(decodeBatches(bytes, decompress, (record) => records.push(record) > 0));
    if (page.nextOffset <= offset) return records;
    offset = page.nextOffset;
  }
}

/** What a record is, wherever it stands. */
const contentOf = ({ key, value, headers, timestampMs }: LogRecord) => [
  text(key),
  text(value),
  headers.map((header) => [header.name, text(header.value)]),
  timestampMs,
];

const contents = async (topic: string, partitions: number) =>
  (await Promise.all(Array.from({ length: partitions }, (_, partition) => read(topic, partition)))).flatMap((records) =>
    records.map(contentOf),
  );

const sorted = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort();

function edgeFor(principal: Principal): JobEdge {
  const services = platform.servicesFor(principal);
  return new JobEdge({
    ...services,
    principal,
    jobs: jobs.service,
    shareGroups: services.shares.groups,
    ends: services.groups.ends,
    newId: () => `job-${++count}`,
  });
}

let count = 0;

const everything: ReplayRequest = {
  source: 'orders',
  target: 'copy',
  partition: null,
  from: 'earliest',
  to: 'latest',
  filter: null,
};

async function start(change: Partial<ReplayRequest> = {}, principal = anonymousPrincipal(localCluster)): Promise<Job> {
  const edge = edgeFor(principal);
  return expectOk(await edge.start(expectOk(await edge.planReplay({ ...everything, ...change }))));
}

const find = async (jobId: string) => expectOk(await jobs.service.describeJob(localCluster, jobId));

/** Lets the jobs run, through their waits after failures. */
async function run(minutes = 1): Promise<void> {
  for (let second = 0; second < minutes * 60; second += 1) {
    await jobs.runAlarms();
    platform.nowMs += 1_000;
  }
}

describe('a replay', () => {
  it('copies every record once with key, headers and time, in order, and says how far it is', async () => {
    await fill(700);
    const { jobId } = await start();
    await run();
    const job = await find(jobId);
    expect(job).toMatchObject({ state: 'done', counts: { read: 700, written: 700, passedOver: 0 }, failure: null });
    expect(job.partitions).toMatchObject([
      { partition: 0, from: 0, to: 350, next: 350 },
      { partition: 1, from: 0, to: 350, next: 350 },
    ]);
    expect(sorted(await contents('copy', 3))).toEqual(sorted(await contents('orders', 2)));
    const times = (await Promise.all([0, 1, 2].map((partition) => read('copy', partition))))
      .flat()
      .filter(({ key, timestampMs }) => text(key) === 'key-1' && timestampMs % 2 === 0)
      .map(({ timestampMs }) => timestampMs);
    expect(times.length).toBeGreaterThan(20);
    expect(times).toEqual([...times].sort());
  });

  it('copies the records between two places that a filter means', async () => {
    await fill(100);
    const { jobId } = await start({
      partition: 1,
      from: { offset: 10 },
      to: { offset: 30 },
      filter: 'value.number >= 41',
    });
    await run();
    expect(await find(jobId)).toMatchObject({ counts: { read: 20, written: 10, passedOver: 10 } });
    const numbers = (await contents('copy', 3)).map(([, value]) => JSON.parse(value as string).number);
    expect(numbers.sort((one, other) => one - other)).toEqual([41, 43, 45, 47, 49, 51, 53, 55, 57, 59]);
    const later = await start({ from: { timestampMs: 1_700_000_000_090 } });
    await run();
    expect(await find(later.jobId)).toMatchObject({ counts: { written: 10 } });
  });

  it('copies nothing that was aborted, and waits for what is still open', async () => {
    const transactions = new HttpTransactions(platform.api, 'billing');
    let producer = await transactions.begin();
    await transactions.write(producer, 'orders', 0, 'aborted');
    producer = await transactions.end('abort', producer);
    await transactions.write(producer, 'orders', 0, 'committed');
    producer = await transactions.end('commit', producer);
    await transactions.write(producer, 'orders', 0, 'decided later');

    const { jobId } = await start();
    await run();
    const values = async () => (await contents('copy', 3)).map(([, value]) => value);
    expect(await values()).toEqual(['"committed"']);
    expect(await find(jobId)).toMatchObject({ state: 'running' });
    await transactions.end('commit', producer);
    await run(10);
    expect(await find(jobId)).toMatchObject({ state: 'done', counts: { written: 2 } });
    expect((await values()).toSorted()).toEqual(['"committed"', '"decided later"']);
  });

  it('copies nothing twice and nothing not, wherever an append breaks off and the object starts anew', async () => {
    await fill(60);
    const whole = sorted(await contents('orders', 2));
    for (let at = 1; at <= 4; at += 1) {
      for (const side of ['before', 'after'] as const) {
        await platform.api.request('/v1/topics/copy', { method: 'DELETE' });
        await platform.api.request('/v1/topics', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'copy', partitions: 3 }),
        });
        let appends = 0;
        wrapHands = (hands) => ({
          newProducer: () => hands.newProducer(),
          plan: (request) => hands.plan(request),
          append: async (batch) => {
            appends += 1;
            if (appends !== at) return hands.append(batch);
            if (side === 'after') expectOk(await hands.append(batch));
            jobs.restart();
            return failed('UNKNOWN_OUTCOME', 'The connection was lost.');
          },
        });
        const { jobId } = await start();
        await run();
        expect(await find(jobId)).toMatchObject({ state: 'done', counts: { read: 60, written: 60 } });
        expect(sorted(await contents('copy', 3))).toEqual(whole);
      }
    }
  });

  it('is cancelled between two steps, and is left as it is then', async () => {
    await fill(3 * limits.jobStepRecords.value);
    const { jobId } = await start();
    let steps = 0;
    wrapHands = (hands) => ({
      newProducer: () => hands.newProducer(),
      append: (batch) => hands.append(batch),
      plan: async (request) => {
        steps += 1;
        if (steps === 2) expectOk(await jobs.service.cancelJob(localCluster, jobId));
        return hands.plan(request);
      },
    });
    await run();
    const job = await find(jobId);
    expect(job).toMatchObject({ state: 'cancelled', counts: { written: limits.jobStepRecords.value } });
    expect(job.endedAtMs).not.toBeNull();
    expect(jobs.sql.query('SELECT * FROM job_batch')).toEqual([]);
    expect(jobs.alarm.atMs === null || jobs.alarm.atMs <= platform.nowMs).toBe(true);
  });

  it('waits while quotas hold it back', async () => {
    await fill(4);
    const { jobId } = await start({ to: 'latest' });
    quotas = { ...noQuotas, admit: async () => failed('THROTTLING_QUOTA_EXCEEDED', 'Too much.') };
    await run();
    expect(await find(jobId)).toMatchObject({ state: 'running', failure: { code: 'THROTTLING_QUOTA_EXCEEDED' } });
    quotas = noQuotas;
    await run(2);
    expect(await find(jobId)).toMatchObject({ state: 'done', failure: null, counts: { written: 4 } });
  });

  it('fails when its target is deleted', async () => {
    await fill(4);
    const { jobId } = await start();
    await platform.api.request('/v1/topics/copy', { method: 'DELETE' });
    platform.nowMs += 10_000;
    await run();
    expect(await find(jobId)).toMatchObject({ state: 'failed', failure: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  });

  it('splits a step that is too large for its target', async () => {
    await platform.api.request('/v1/topics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'narrow', partitions: 1, config: { 'max.message.bytes': 1_024 } }),
    });
    await fill(200);
    const { jobId } = await start({ target: 'narrow' });
    await run();
    expect(await find(jobId)).toMatchObject({ state: 'done', counts: { written: 200 } });
    expect(await contents('narrow', 1)).toHaveLength(200);
  });

  it('runs on behalf of who started it, for as long as they may', async () => {
    await fill(20);
    const key: Principal = {
      ...anonymousPrincipal(localCluster),
      id: 'User:key',
      kind: 'key',
      keyId: 'key',
      isSuper: false,
      epoch: 1,
      grants: ['orders', 'copy'].map((resourceName) => ({
        principal: 'User:key',
        host: '*',
        operation: 'ALL',
        permission: 'ALLOW',
        resourceType: 'TOPIC',
        resourceName,
        patternType: 'LITERAL',
      })),
    };
    const edge = edgeFor({ ...key, grants: key.grants.slice(0, 1) });
    expect(await edge.planReplay(everything)).toMatchObject({ error: { code: 'TOPIC_AUTHORIZATION_FAILED' } });

    authority = { ...noAuthority, epoch: async () => ok(1), find: async () => ok([key]) };
    const allowed = await start({}, key);
    await run();
    expect(await find(allowed.jobId)).toMatchObject({ state: 'done', startedBy: 'User:key' });

    const narrowed = await start({}, key);
    authority = { ...authority, find: async () => ok([{ ...key, grants: key.grants.slice(0, 1) }]) };
    await run();
    expect(await find(narrowed.jobId)).toMatchObject({
      state: 'failed',
      counts: { written: 0 },
      failure: { code: 'TOPIC_AUTHORIZATION_FAILED' },
    });

    const revoked = await start({}, key);
    authority = { ...authority, find: async () => ok([null]) };
    await run();
    expect(await find(revoked.jobId)).toMatchObject({
      state: 'failed',
      failure: { code: 'SASL_AUTHENTICATION_FAILED' },
    });
  });

  it('is refused for what cannot be', async () => {
    const edge = edgeFor(anonymousPrincipal(localCluster));
    const refused = async (change: Partial<ReplayRequest>) => {
      const planned = await edge.planReplay({ ...everything, ...change });
      return planned.ok ? null : planned.error.code;
    };
    expect(await refused({ target: 'orders' })).toBe('INVALID_REQUEST');
    expect(await refused({ target: 'nowhere' })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await refused({ partition: 7 })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await refused({ from: { offset: 3 } })).toBe('INVALID_REQUEST');
    expect(await refused({ filter: 'value.number >' })).toBe('INVALID_REQUEST');
  });
});

describe('the jobs of a cluster', () => {
  it('are bounded: so many run, and so many that are over are remembered', async () => {
    await fill(2);
    for (let started = 0; started < limits.runningJobsPerCluster.value; started += 1) await start();
    const edge = edgeFor(anonymousPrincipal(localCluster));
    const plan = expectOk(await edge.planReplay(everything));
    expect(await edge.start(plan)).toMatchObject({ error: { code: 'LIMIT_REACHED' } });
    await run();
    for (let round = 0; round < limits.jobsPerCluster.value; round += 1) {
      expectOk(await edge.start({ ...plan, ranges: [] }));
    }
    expect(expectOk(await jobs.service.listJobs(localCluster))).toHaveLength(limits.jobsPerCluster.value);
    expectOk(await jobs.service.endJobs(localCluster));
    expect(expectOk(await jobs.service.listJobs(localCluster))).toEqual([]);
    expect(jobs.sql.query("SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([]);
  });

  it('are started once, however often that is asked', async () => {
    await fill(2);
    const edge = edgeFor(anonymousPrincipal(localCluster));
    const { task, ranges, isAll } = expectOk(await edge.planReplay(everything));
    const request = { ref: localCluster, jobId: 'one', task, ranges, isAll, startedBy: 'me', principal: '' };
    expectOk(await jobs.service.startJob(request));
    expectOk(await jobs.service.startJob(request));
    expect(expectOk(await jobs.service.listJobs(localCluster))).toHaveLength(1);
  });
});
