import { localCluster } from '../../../src/topics/local-cluster.ts';
import type { EdgeServices } from '../edge.ts';
import { SimulatedClient } from './simulated-client.ts';

/** Whoever creates, alters, deletes and re-creates the topics. */
export class Administrator extends SimulatedClient {
  async run(): Promise<void> {
    for (const topic of this.topics.names) await this.#create(topic);
    while (!this.isStopping) {
      await this.sleep(this.random.logarithmic(300, 10_000));
      const topic = this.random.pick(this.topics.names);
      const kind = this.random.integer(0, 5);
      if (kind === 0) await this.#recreate(topic);
      else if (kind === 1) await this.#grow(topic);
      else await this.#configure(topic);
    }
  }

  async #create(topic: string): Promise<void> {
    const partitionCount = this.random.integer(1, 3);
    for (;;) {
      const created = await this.#ask('create', topic, ({ catalog }) =>
        catalog.createTopic(localCluster, { topic, partitionCount, config: this.#config() }),
      );
      if (created !== null && (created.ok || created.error.code === 'TOPIC_ALREADY_EXISTS')) return;
      if (this.isStopping) return;
      await this.sleep(this.random.between(20, 500));
    }
  }

  async #recreate(topic: string): Promise<void> {
    this.topics.willChange(topic);
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
    const config = this.#config();
    const altered = await this.#ask('alter', topic, ({ catalog }) =>
      catalog.alterTopic(localCluster, { topic, config }),
    );
    if (altered?.ok) this.world.sometimes('config altered');
  }

  #config(): Record<string, string> {
    return {
      // Small segments, so that a short run has many.
      'segment.ms': String(Math.floor(this.random.logarithmic(50, 60_000))),
      'millrace.tiering': this.random.chance(0.7) ? 'true' : 'false',
      'message.timestamp.type': this.random.chance(0.3) ? 'LogAppendTime' : 'CreateTime',
    };
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
