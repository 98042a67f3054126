import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { TenantDoors } from '../support/tenant-doors.ts';

const operatorKey = 'an-operator-key-of-the-tests';

/** Both organizations use the same names for everything. */
const topic = 'orders';
const names = ['acme', 'umbrella'] as const;

let platform: PlatformProcess;
let tenants: Record<(typeof names)[number], TenantDoors>;

beforeAll(async () => {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  platform = await startPlatformProcess({ auth: true, env: { MILLRACE_OPERATOR_KEY: operatorKey } });
  const [acme, umbrella] = await Promise.all(names.map(found));
  tenants = { acme: acme!, umbrella: umbrella! };
});
afterAll(() => platform[Symbol.asyncDispose]());

async function found(name: string): Promise<TenantDoors> {
  const answer = await fetch(`${platform.url}/v1/organizations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  const { owner_key } = (await answer.json()) as { owner_key: { api_key: string; cluster_id: string } };
  const client = createClient({ url: platform.url, credential: owner_key.api_key });
  await client.topics.create({ name: topic, partitions: 1 });
  return new TenantDoors(platform, owner_key.api_key, owner_key.cluster_id, topic);
}

/** Every object's database that there is, by its path. */
function objectFiles(): string[] {
  const folder = join(platform.dataDir, 'storage/do');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.sqlite'));
}

describe('two organizations that use every door at once', () => {
  test('have each what they wrote, all of it, and nothing of the other', async () => {
    const perDoor = 3;
    const written = Object.fromEntries(names.map((name) => [name, [] as string[]]));
    await Promise.all(
      names.flatMap((name) =>
        Object.entries(tenants[name].writers).map(async ([door, write]) => {
          for (let n = 0; n < perDoor; n += 1) {
            const value = `CANARY of ${name} by ${door} ${n}`;
            await write(value);
            written[name]!.push(value);
          }
        }),
      ),
    );
    await Promise.all(
      names.flatMap((name) =>
        Object.entries(tenants[name].readers).map(async ([door, read]) => {
          const values = await read(written[name]!.length);
          // The JSON doors quote a text that is no JSON of its own.
          const texts = values.map((value) => value.replaceAll('"', ''));
          expect([name, door, texts.toSorted()]).toEqual([name, door, written[name]!.toSorted()]);
        }),
      ),
    );
  });

  test('cannot name what is the others, whatever they know of it', async () => {
    const { acme, umbrella } = tenants;
    await acme.client.topics.create({ name: 'secret-plans', partitions: 1 });
    const before = objectFiles();
    await expect(umbrella.client.topics.describe('secret-plans')).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    const read = umbrella.client.read({ topic: 'secret-plans', partition: 0, offset: 'earliest' });
    await expect(read).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    const listed: string[] = [];
    for await (const { name } of umbrella.client.topics.list()) listed.push(name);
    expect(listed).toEqual([topic]);
    expect(objectFiles()).toEqual(before);
  });
});

describe('an organization with caps', () => {
  test('has no more of what it creates than they allow, and the other one is not bounded', async () => {
    const { acme, umbrella } = tenants;
    const rates = { requests_per_second: null, produce_bytes_per_second: null, fetch_bytes_per_second: null };
    const entity = { entity_type: 'organization', entity_name: '', ...rates } as const;
    await acme.client.organization.alterQuotas([{ ...entity, caps: { topics: 1 } }]);
    const create = ({ client }: TenantDoors) => client.topics.create({ name: 'one-more', partitions: 1 });
    await expect(create(acme)).rejects.toMatchObject({ code: 'LIMIT_REACHED', detail: { cap: 'topics', max: 1 } });
    await create(umbrella);
    await acme.client.organization.alterQuotas([entity]);
    await create(acme);
  });
});

describe('who has no credential', () => {
  const random = () => Math.random().toString(36).slice(2);

  /** One request with names and credentials that were made up. */
  async function guess(): Promise<number> {
    const made = [`mr_live_${random()}_${random()}`, `Basic ${btoa(`mrk_${random()}:${random()}`)}`, random()];
    const paths = [`/v1/topics/${random()}`, `/v1/groups/${random()}`, `/rest-proxy/topics/${random()}`, '/v1/topics'];
    const credential = made[Math.floor(Math.random() * made.length)]!;
    const headers = { authorization: credential.startsWith('Basic') ? credential : `Bearer ${credential}` };
    const path = paths[Math.floor(Math.random() * paths.length)]!;
    const answer = await fetch(platform.url + path, Math.random() < 0.5 ? { headers } : {});
    await answer.arrayBuffer();
    return answer.status;
  }

  /** A Kafka connection that asks for what needs a principal, without saying who it is. */
  function knock(): Promise<void> {
    const [host, port] = platform.kafkaServers.split(':') as [string, string];
    return new Promise((resolve) => {
      const socket = connect(Number(port), host, () =>
        socket.write(Buffer.from('0000000e00030001000000010000ffffffff', 'hex')),
      );
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
  }

  test('makes no object, however many requests come', async () => {
    const before = objectFiles();
    expect(before.length).toBeGreaterThan(0);
    const requests = 10_000;
    const lanes = 20;
    const statuses = new Set<number>();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (let n = 0; n < requests / lanes; n += 1) statuses.add(await guess());
      }),
    );
    await Promise.all(Array.from({ length: 20 }, knock));
    expect([...statuses]).toEqual([401]);
    expect(objectFiles()).toEqual(before);
  });
});
