import { PartitionFeed } from './partition-feed.ts';
import type { TopicPartition } from './partition-reader.ts';
import type { Cursor, Subscription } from './subscription.ts';

/** The partitions that a relay's sockets read. */
export class FeedTable {
  readonly #feeds = new Map<string, PartitionFeed>();

  find(topicId: string, partition: number): PartitionFeed | null {
    return this.#feeds.get(keyOf(topicId, partition)) ?? null;
  }

  ofTopic(topicId: string): PartitionFeed[] {
    return [...this.#feeds.values()].filter((feed) => feed.topicId === topicId);
  }

  /** The feed of a partition, which stays until {@link leave} as if it had a subscriber. */
  join({ topic, topicId, partition }: TopicPartition): PartitionFeed {
    const key = keyOf(topicId, partition);
    const feed = this.#feeds.get(key) ?? new PartitionFeed(topic, topicId, partition);
    this.#feeds.set(key, feed);
    feed.joining++;
    return feed;
  }

  leave(feed: PartitionFeed): void {
    feed.joining--;
    this.#forgetUnwanted(feed);
  }

  add(cursor: Cursor): PartitionFeed {
    const { topic, topicId } = cursor.subscription;
    const feed = this.join({ topic, topicId, partition: cursor.partition });
    feed.add(cursor);
    this.leave(feed);
    return feed;
  }

  /** The partition learns that nobody reads it any more from the answer to its next delivery. */
  removeAll(subscription: Subscription): void {
    for (const cursor of subscription.cursors) this.remove(cursor);
  }

  remove(cursor: Cursor): void {
    const feed = this.find(cursor.subscription.topicId, cursor.partition);
    if (feed === null) return;
    feed.remove(cursor);
    this.#forgetUnwanted(feed);
  }

  #forgetUnwanted(feed: PartitionFeed): void {
    if (!feed.isWanted) this.#feeds.delete(keyOf(feed.topicId, feed.partition));
  }
}

const keyOf = (topicId: string, partition: number): string => `${topicId}/${partition}`;
