import { localCluster } from '../../src/topics/local-cluster.ts';
import type { Platform } from './simulated-platform.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { FastSubscriber } from './workload/fast-subscriber.ts';
import { Reader } from './workload/reader.ts';
import { RelaySubscriber } from './workload/relay-subscriber.ts';
import type { Workload } from './workload/start-workload.ts';
import { partitionKey } from './workload/topic-directory.ts';
import { TransactionCrew } from './workload/transaction-crew.ts';

/** A page of a final read: small, so that reading takes several. */
const finalReadBytes = 200_000;

/** Reads in one partition; more means that reading does not get anywhere. */
const finalReadsMax = 10_000;

/** Reads everything that is left, and checks that nothing is left undone. */
export async function finalChecks(platform: Platform, workload: Workload): Promise<void> {
  const { world } = platform;
  const { queue } = world;
  for (const client of workload.clients) client.abandonOpenSends();
  const reader = new FinalReader(platform, workload.topics, 'final');
  let isDone = false;
  void reader.readEverything().then(
    () => {
      isDone = true;
    },
    (thrown: unknown) => world.violate(`final reads failed: ${thrown instanceof Error ? thrown.stack : thrown}`),
  );
  const transactions = workload.crews.filter((crew) => crew instanceof TransactionCrew);
  for (const crew of transactions) void crew.readEnd();
  await queue.runUntil(queue.nowMs + 600_000);
  for (const crew of transactions) crew.checkEnd();
  if (!isDone) world.violate('the final reads never ended');
  workload.topics.removals.closeWithout(new Set(reader.ends.keys()));
  checkRest(platform, reader.liveTopicIds);
  checkSubscribers(world, workload, reader.ends);
  checkObjects(platform);
}

class FinalReader extends Reader {
  readonly liveTopicIds = new Set<string>();
  /** Where each partition ended, by key. */
  readonly ends = new Map<string, number>();

  async readEverything(): Promise<void> {
    for (const topic of this.topics.all) {
      const found = await this.edge().request(`final look at ${topic}`, ({ catalog }) =>
        catalog.describeTopic(localCluster, topic),
      );
      if (!found.ok) continue;
      this.liveTopicIds.add(found.value.topicId);
      for (let partition = 0; partition < found.value.partitionCount; partition += 1) {
        await this.#readPartition(topic, found.value.topicId, partition);
      }
    }
  }

  async #readPartition(topic: string, topicId: string, partition: number): Promise<void> {
    let start: number | null = null;
    this.recordsRead = 0;
    let next = 0;
    for (let reads = 0; reads < finalReadsMax; reads += 1) {
      const from = start === null ? 'earliest' : { offset: next };
      const read = await this.read(topic, partition, from, finalReadBytes);
      if (read === null || !read.ok) {
        this.world.violate(`final read of ${topic}/${partition} failed: ${JSON.stringify(read)}`);
        return;
      }
      const { reply } = read.value;
      start ??= reply.startOffset;
      next = reply.nextOffset;
      if (reply.nextOffset !== reply.highWatermark) continue;
      if (this.topics.isExpiring(topic) && start < next) {
        this.world.violate(
          `liveness: ${topic}/${partition} still has offsets ${start} to ${next}, which expired long ago`,
        );
      }
      if (this.topics.isCompacted(topic) && this.recordsRead < next) this.world.sometimes('records compacted away');
      this.ends.set(partitionKey(topicId, partition), next);
      this.world.history.add(['d', this.name, partitionKey(topicId, partition), start, next]);
      return;
    }
    this.world.violate(`final read of ${topic}/${partition} does not come to its end`);
  }
}

/** Liveness: with no more faults, everything that was begun has ended. */
function checkRest(platform: Platform, liveTopicIds: ReadonlySet<string>): void {
  const { world, cluster } = platform;
  const count = (statement: string): number => cluster.store.query<{ count: number }>(statement)[0]?.count ?? 0;
  if (cluster.store.tables().includes('outbox')) {
    if (count('SELECT count(*) AS count FROM outbox') > 0) world.violate('liveness: the outbox is not empty');
    if (count("SELECT count(*) AS count FROM topic WHERE state = 'DELETING'") > 0) {
      world.violate('liveness: a topic is still being deleted');
    }
  }
  for (const { ref, object } of platform.partitions.values()) {
    if (liveTopicIds.has(ref.topicId)) continue;
    const tables = object.store.tables();
    if (tables.length > 0) world.violate(`liveness: ${object.name} of a deleted topic still has ${tables.join(', ')}`);
  }
}

/** Every object is somebody's, and nobody misses one. */
function checkObjects(platform: Platform): void {
  const { world } = platform;
  const known = new Set<string>();
  for (const { object } of platform.partitions.values()) {
    if (!object.store.tables().includes('segments')) continue;
    const keys = object.store.query<{ key: string }>(
      'SELECT object_key AS key FROM segments WHERE object_key IS NOT NULL',
    );
    for (const { key } of keys) {
      known.add(key);
      if (!platform.blobs.stored.keys().includes(key)) world.violate(`${object.name} misses its object ${key}`);
    }
    for (const { key } of object.store.query<{ key: string }>('SELECT object_key AS key FROM object_tombstones')) {
      known.add(key);
    }
    for (const { state } of object.store.query<{ state: string }>('SELECT state FROM jobs')) {
      const planned = /"(?:key|objectKey)":"([^"]+)"/.exec(state);
      if (planned !== null) known.add(planned[1]!);
    }
  }
  for (const key of platform.blobs.stored.keys()) {
    if (!known.has(key)) world.violate(`liveness: nobody will delete the object ${key}`);
  }
  if (known.size > 0) world.sometimes('objects at the end');
}

/** Liveness: every subscriber that lives has everything of its topic. */
function checkSubscribers(world: SimulatedWorld, workload: Workload, ends: ReadonlyMap<string, number>): void {
  for (const client of workload.clients) {
    const isSubscriber = client instanceof RelaySubscriber || client instanceof FastSubscriber;
    if (!isSubscriber || !client.isRunning || client.hasEnded) continue;
    world.sometimes('subscriber followed to the end');
    for (const [key, end] of ends) {
      const [topicId, partition] = key.split('/');
      if (topicId !== client.topicId) continue;
      const next = client.reached(Number(partition));
      if (next !== null && next >= 0 && next !== end) {
        world.violate(`liveness: ${client.name} has ${key} up to ${next}, but it ends at ${end}`);
      }
    }
    if (client.topicId === null || ![...ends.keys()].some((key) => key.startsWith(`${client.topicId}/`))) {
      world.violate(`liveness: ${client.name} follows ${client.topic} (${client.topicId}), which is not there`);
    }
  }
}
