import { localCluster } from '../../../src/topics/local-cluster.ts';
import type { EdgeServices } from '../edge.ts';
import { SimulatedClient } from './simulated-client.ts';
import { partitionKey } from './topic-directory.ts';

/** Whoever creates, alters, deletes and re-creates the topics. */
export class Administrator extends SimulatedClient {
  async run(): Promise<void> {
    for (const topic of this.topics.names) await this.#create(topic);
    while (!this.isStopping) {
      const { chores, choreBreakMs } = this.world.accents;
      await this.sleep(this.random.logarithmic(choreBreakMs.min, choreBreakMs.max));
      const topic = this.random.pick(this.topics.names);
      const chore = this.random.pick(chores);
      if (chore === 'recreate') await this.#recreate(topic);
      else if (chore === 'grow') await this.#grow(topic);
      else if (chore === 'delete records') await this.#deleteRecords(topic);
      else await this.#configure(topic);
    }
  }

  async #create(topic: string): Promise<void> {
    const partitionCount = this.random.integer(1, 3);
    for (;;) {
      const created = await this.#ask('create', topic, ({ catalog }) =>
        catalog.createTopic(localCluster, { topic, partitionCount, config: this.#config(topic) }),
      );
      if (created !== null && (created.ok || created.error.code === 'TOPIC_ALREADY_EXISTS')) return;
      if (this.isStopping) return;
      await this.sleep(this.random.between(20, 500));
    }
  }

  /** Where deletions are the matter, a topic is often there for so short that its partitions are just beginning. */
  async #recreate(topic: string): Promise<void> {
    await this.#remake(topic);
    if (this.world.emphasis !== 'deletions' || this.random.chance(0.3)) return;
    for (let again = this.random.integer(1, 3); again > 0; again -= 1) {
      await this.sleep(this.random.logarithmic(1, 300));
      await this.#remake(topic);
    }
  }

  async #remake(topic: string): Promise<void> {
    this.topics.willDelete(topic);
    const deleted = await this.#ask('delete', topic, ({ catalog }) => catalog.deleteTopic(localCluster, topic));
    this.topics.willChange(topic);
    if (deleted?.ok) this.world.sometimes('topic deleted');
    if (this.random.chance(0.5)) await this.sleep(this.random.logarithmic(1, 3_000));
    if (this.random.chance(0.8)) await this.#create(topic);
    this.topics.willChange(topic);
  }

  async #grow(topic: string): Promise<void> {
    this.topics.willChange(topic);
    const partitionCount = this.random.integer(2, 4);
    const grown = await this.#ask('alter', topic, ({ catalog }) =>
      catalog.alterTopic(localCluster, { topic, partitionCount }),
    );
    this.topics.willChange(topic);
    if (grown?.ok) this.world.sometimes('partitions added');
  }

  async #configure(topic: string): Promise<void> {
    const config = this.#config(topic);
    const altered = await this.#ask('alter', topic, ({ catalog }) =>
      catalog.alterTopic(localCluster, { topic, config }),
    );
    if (altered?.ok) this.world.sometimes('config altered');
  }

  async #deleteRecords(topic: string): Promise<void> {
    const partition = this.random.integer(0, 1);
    const before = this.random.integer(1, 200);
    const answer = await this.#ask('delete records of', topic, async ({ routes, partitions }) => {
      const route = await routes.find(topic);
      if (!route.ok) return route;
      return partitions.call(
        route.value,
        partition,
        (stub, ref, configVersion) => {
          this.topics.removals.mayDeleteBelow(partitionKey(ref.topicId, partition), before);
          return stub.deleteRecords(ref, configVersion, before);
        },
        { repeatable: true },
      );
    });
    if (answer?.ok) this.world.sometimes('records deleted');
  }

  #config(topic: string): Record<string, string> {
    const { segmentMs, tieringShare, retentionMs: kept } = this.world.accents;
    const config: Record<string, string> = {
      'segment.ms': String(Math.floor(this.random.logarithmic(segmentMs.min, segmentMs.max))),
      'millrace.tiering': this.random.chance(tieringShare) ? 'true' : 'false',
      'message.timestamp.type': this.random.chance(0.3) ? 'LogAppendTime' : 'CreateTime',
    };
    if (this.topics.isCompacted(topic)) {
      config['cleanup.policy'] = 'compact';
      config['min.cleanable.dirty.ratio'] = this.random.pick(['0', '0.1', '0.5']);
    }
    if (this.topics.isExpiring(topic)) {
      const retentionMs = Math.floor(this.random.logarithmic(kept.min, kept.max));
      this.topics.removals.mayExpireAfter(topic, retentionMs);
      config['retention.ms'] = String(retentionMs);
    }
    return config;
  }

  async #ask<T>(verb: string, topic: string, handle: (services: EdgeServices) => Promise<T>): Promise<T | null> {
    const { history } = this.world;
    const invokedAt = history.now();
    try {
      const answer = await this.alive(this.edge().request(`${this.name} ${verb}s ${topic}`, handle));
      history.add(['l', this.name, invokedAt, history.now(), 0, verb, topic]);
      return answer;
    } catch {
      history.add(['l', this.name, invokedAt, history.now(), 2, verb, topic]);
      return null;
    }
  }
}
