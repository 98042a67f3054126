import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SeededRandom } from '../simulation/seeded-random.ts';
import { WorkerFleet } from '../support/worker-fleet.ts';

const serviceCount = 3;
const groupCount = 5;
const consumersPerGroup = 4;
const callCount = 10_000;
const partitionCount = 8;
const seed = Number(process.env.MILLRACE_SEED ?? 4);

/** Ten thousand calls on two busy cores, and a restart. */
const fleetTimeoutMs = 300_000;

const kafkaV2 = 'application/vnd.kafka.v2+json';
const jsonV2 = 'application/vnd.kafka.json.v2+json';

const storagePath = mkdtempSync(join(tmpdir(), 'millrace-fleet-'));
const randomness = new SeededRandom(seed);
const random = () => randomness.next();
const below = (bound: number) => Math.floor(random() * bound);

let fleet: WorkerFleet;
beforeAll(async () => {
  fleet = await WorkerFleet.start(storagePath, serviceCount);
});
afterAll(async () => {
  await fleet.stop();
  rmSync(storagePath, { recursive: true, force: true });
});

type Answer = { readonly status: number; readonly json: unknown };

/** Sends a call to any of the services. */
function call(method: string, path: string, body?: unknown, type = kafkaV2, accept = kafkaV2): Promise<Answer> {
  const url = fleet.urls[below(fleet.urls.length)]! + path;
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    accept,
    ...(text === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, async (answer) => {
      let received = '';
      for await (const chunk of answer) received += chunk;
      resolve({ status: answer.statusCode!, json: received === '' ? null : JSON.parse(received) });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** How often each code came back. */
const errorCounts = new Map<number, number>();

/** What each group was given, and what it committed it was done with. */
const seenByGroup = new Map<string, Set<number>>();

class Consumer {
  readonly #group: string;
  readonly #path: string;

  constructor(group: string, name: string) {
    this.#group = group;
    this.#path = `/consumers/${group}/instances/${name}`;
  }

  async start(name: string): Promise<void> {
    const config = { name, format: 'json', 'auto.offset.reset': 'earliest', 'auto.commit.enable': 'false' };
    expect((await call('POST', `/consumers/${this.#group}`, config)).status).toBe(200);
    expect((await call('POST', `${this.#path}/subscription`, { topics: ['fleet'] })).status).toBe(204);
  }

  /** Mostly reads, and whatever else clients do. */
  async act(): Promise<void> {
    const draw = random();
    if (draw < 0.6) await this.read();
    else if (draw < 0.75) await this.#ask('POST', '/offsets');
    else if (draw < 0.85) await this.#ask('GET', '/assignments');
    else if (draw < 0.92) await this.#ask('GET', '/subscription');
    else if (draw < 0.97) await this.#ask('GET', '/offsets', { partitions: [{ topic: 'fleet', partition: 0 }] });
    else await this.#ask('POST', '/subscription', { topics: ['fleet'] });
  }

  async read(): Promise<number> {
    const json = await this.#ask('GET', '/records?timeout=0&max_bytes=500', undefined, jsonV2);
    const records = (json ?? []) as { value: number }[];
    for (const { value } of records) seenByGroup.get(this.#group)!.add(value);
    return records.length;
  }

  async #ask(method: string, path: string, body?: unknown, accept = kafkaV2): Promise<unknown> {
    const { status, json } = await call(method, this.#path + path, body, kafkaV2, accept);
    if (status < 400) return json;
    const { error_code } = json as { error_code: number };
    errorCounts.set(error_code, (errorCounts.get(error_code) ?? 0) + 1);
    return null;
  }
}

test(
  'no call to any of several services misses its consumer instance, through a restart of all of them',
  async () => {
    const topic = { topic_name: 'fleet', partitions_count: partitionCount };
    await call('POST', '/v3/clusters/local/topics', topic, 'application/json', 'application/json');
    const consumers: Consumer[] = [];
    for (let group = 0; group < groupCount; group++) {
      seenByGroup.set(`group-${group}`, new Set());
      for (let index = 0; index < consumersPerGroup; index++) {
        const consumer = new Consumer(`group-${group}`, `consumer-${index}`);
        await consumer.start(`consumer-${index}`);
        consumers.push(consumer);
      }
    }

    let producedCount = 0;
    const produce = async () => {
      const first = producedCount;
      producedCount += 10;
      const records = Array.from({ length: 10 }, (_, index) => ({ value: first + index }));
      expect((await call('POST', '/topics/fleet', { records }, jsonV2)).status).toBe(200);
    };

    const startedMs = performance.now();
    let calls = 0;
    // Each consumer makes one call at a time, as a client does; all of them together keep the services busy.
    const work = (upTo: number) =>
      Promise.all(
        consumers.map(async (consumer) => {
          while (calls < upTo) {
            calls += 1;
            if (calls % 50 === 0) await produce();
            await consumer.act();
          }
        }),
      );
    await work(callCount / 2);
    await fleet.restart();
    await work(callCount);
    const seconds = (performance.now() - startedMs) / 1000;

    // At least once: each group is given everything in the end.
    for (let quiet = 0; quiet < 3; ) {
      const counts = await Promise.all(consumers.map((consumer) => consumer.read()));
      quiet = counts.every((count) => count === 0) ? quiet + 1 : 0;
    }
    const missing = [...seenByGroup].map(([group, seen]) => [group, producedCount - seen.size]);
    expect(missing).toEqual(missing.map(([group]) => [group, 0]));
    expect(Object.fromEntries(errorCounts)).toEqual({});
    console.log(
      `rest-proxy: ${calls} consumer calls on ${serviceCount} services with a restart in between, seed ${seed}: ` +
        `${errorCounts.get(40_403) ?? 0} answers 40403, ${Math.round(calls / seconds)} calls/s`,
    );
  },
  fleetTimeoutMs,
);
