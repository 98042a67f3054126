import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readEverything, readExpected, type TopicContent, unpackFixture } from '../fixtures/data/fixture-content.ts';
import { hasTable, objectFiles, partitionFile, withDatabase } from '../support/object-files.ts';
import { startPlatformProcess } from '../support/platform.ts';

const fixtures = join(import.meta.dirname, '../fixtures/data');

const versions = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function copyOf(version: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-upgrade-'));
  directories.push(directory);
  unpackFixture(join(fixtures, version), directory);
  return directory;
}

/**
 * What lets a retry be recognised is kept for a day, and a fixture is older: its copy is made to look as if it had
 * been written just now.
 */
function refreshRetryState(dataDir: string): void {
  for (const path of objectFiles(dataDir, 'Partition')) {
    withDatabase(path, (database) => {
      if (!hasTable(database, 'producers')) return;
      database.prepare('UPDATE producers SET last_timestamp_ms = ?').run(Date.now());
      database.prepare('UPDATE idempotency SET created_at_ms = ?').run(Date.now());
    });
  }
}

const namesOf = (content: readonly TopicContent[]): string[] => content.map(({ name }) => name);

async function post(url: string, body: string | Uint8Array, headers: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', headers, body: body as string });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

const json = { 'content-type': 'application/json' };

describe.each(versions)('data of %s', (version) => {
  const { content, retries } = readExpected(join(fixtures, version));

  test('is read back identical, at once and after a restart', async () => {
    await using platform = await startPlatformProcess({ dataDir: copyOf(version) });
    expect(await readEverything(platform.url, namesOf(content))).toEqual(content);
    await platform.restart();
    expect(await readEverything(platform.url, namesOf(content))).toEqual(content);
    expect((await fetch(`${platform.url}/v1/topics/deleted`)).status).toBe(404);
  });

  test('goes on where it ended, and a topic that was deleted can be created anew', async () => {
    await using platform = await startPlatformProcess({ dataDir: copyOf(version) });
    const { url } = platform;
    const added: { topic: string; partition: number; offset: number }[] = [];
    for (const { name, partitions } of content) {
      for (const { partition, highWatermark } of partitions) {
        const records = [{ value: `after the upgrade, ${name} ${partition}` }];
        const { answer } = await post(
          `${url}/v1/topics/${name}/records?partition=${partition}`,
          JSON.stringify({ records }),
          json,
        );
        expect(answer).toMatchObject({ results: [{ partition, offset: highWatermark }] });
        added.push({ topic: name, partition, offset: highWatermark });
      }
    }
    const created = await post(`${url}/v1/topics`, JSON.stringify({ name: 'deleted', partitions: 2 }), json);
    expect(created.status).toBe(201);
    await platform.restart();
    const now = await readEverything(platform.url, [...namesOf(content), 'deleted']);
    for (const { topic, partition, offset } of added) {
      const before = content.find(({ name }) => name === topic)!.partitions[partition]!;
      const after = now.find(({ name }) => name === topic)!.partitions[partition]!;
      expect(after.highWatermark).toBe(offset + 1);
      expect(after.records.slice(0, -1)).toEqual(before.records);
    }
    expect(now.at(-1)!.partitions.map(({ highWatermark }) => highWatermark)).toEqual([0, 0]);
  });

  test('recognises the retries of requests that the old version answered', async () => {
    const dataDir = copyOf(version);
    refreshRetryState(dataDir);
    await using platform = await startPlatformProcess({ dataDir });
    for (const { topic, partition, batch, offset } of retries.sequenced) {
      const path = `${platform.url}/v1/topics/${topic}/records?partition=${partition}`;
      const headers = { 'content-type': 'application/vnd.millrace.batch' };
      const { answer } = await post(path, Buffer.from(batch, 'base64'), headers);
      expect(answer).toMatchObject({ duplicate: true, results: [{ partition, offset }] });
    }
    for (const { topic, key, body, results } of retries.keyed) {
      const path = `${platform.url}/v1/topics/${topic}/records`;
      const { answer } = await post(path, body, { ...json, 'idempotency-key': key });
      expect(answer).toEqual({ results, duplicate: true });
    }
    expect(await readEverything(platform.url, namesOf(content))).toEqual(content);
    const fresh = await post(`${platform.url}/v1/producers`, '', {});
    const ids = retries.sequenced.map(({ producerId }) => producerId);
    expect(ids).not.toContain(fresh.answer.producer_id);
  });
});

/** Every row of a database, in the order in which it stands. */
function fingerprint(path: string): string {
  return withDatabase(path, (database) => {
    const hash = createHash('sha256');
    const tables = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    for (const { name, sql } of tables) {
      if (String(name).startsWith('_cf_')) continue;
      hash.update(`${name}${sql}`);
      for (const row of database.prepare(`SELECT * FROM "${name}"`).all()) {
        hash.update(JSON.stringify(row, (_, value) => (value instanceof Uint8Array ? [...value] : value)));
      }
    }
    return hash.digest('hex');
  });
}

const markAsNewer = (path: string): void =>
  withDatabase(path, (database) => database.exec('INSERT INTO schema_version (version) VALUES (1000)'));

describe('data of a newer version', () => {
  test('of one partition is refused by name and left as it is, and the others go on', async () => {
    const dataDir = copyOf('v1');
    const newer = partitionFile(dataDir, 'orders', 1);
    markAsNewer(newer);
    const before = fingerprint(newer);
    await using platform = await startPlatformProcess({ dataDir });
    const topic = `${platform.url}/v1/topics/orders`;
    const body = JSON.stringify({ records: [{ value: 1 }] });
    for (const response of [
      await fetch(`${topic}/partitions/1/records`),
      await fetch(`${topic}/partitions/1/records?timestamp=0`),
    ]) {
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        code: 'NEWER_SCHEMA',
        retriable: false,
        context: { stored_version: 1000 },
      });
    }
    const refused = await post(`${topic}/records?partition=1`, body, json);
    expect(refused.answer).toMatchObject({ results: [{ error: { code: 'NEWER_SCHEMA' } }] });
    const stored = await post(`${topic}/records?partition=0`, body, json);
    expect(stored.answer).toMatchObject({ results: [{ partition: 0 }] });
    expect(await platform.stop()).toBe(0);
    expect(fingerprint(newer)).toBe(before);
  });

  test('of the cluster is refused by name and left as it is', async () => {
    const dataDir = copyOf('v1');
    const [cluster] = objectFiles(dataDir, 'Cluster');
    markAsNewer(cluster!);
    const before = fingerprint(cluster!);
    await using platform = await startPlatformProcess({ dataDir });
    const body = JSON.stringify({ name: 'new' });
    for (const response of [
      await fetch(`${platform.url}/v1/topics`),
      await fetch(`${platform.url}/v1/topics/orders/partitions/0/records`),
      await fetch(`${platform.url}/v1/topics`, { method: 'POST', headers: json, body }),
    ]) {
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'NEWER_SCHEMA' });
    }
    expect(await platform.stop()).toBe(0);
    expect(fingerprint(cluster!)).toBe(before);
  });
});
