import { failed, ok, type Result } from '../errors/result.ts';
import { grantLifetimeMs, signGrant } from '../log/partition-grant.ts';
import type { PartitionGrant } from '../log/partition-rpc.ts';
import type { Clock } from '../platform/clock.ts';
import type { Signer } from '../platform/signer.ts';
import { type Topic, unknownTopicId } from './catalog-decisions.ts';
import type { ClusterRef } from './catalog-rpc.ts';
import type { CatalogStore } from './catalog-store.ts';
import { topicConfigOf } from './topic-config.ts';
import { quoteTopicName } from './topic-name.ts';

/** Grants (docs/adr/0003-grants.md): what makes partitions exist, signed and remembered. Inside transactions. */
export class PartitionGrants {
  readonly #ports: { readonly signer: Signer; readonly clock: Clock };
  readonly #store: CatalogStore;
  readonly #identity: () => ClusterRef;

  constructor(
    ports: { readonly signer: Signer; readonly clock: Clock },
    store: CatalogStore,
    identity: () => ClusterRef,
  ) {
    this.#ports = ports;
    this.#store = store;
    this.#identity = identity;
  }

  /** UNKNOWN_TOPIC_ID or UNKNOWN_TOPIC_OR_PARTITION for what does not exist. */
  grant(topicId: string, partition: number): Result<PartitionGrant> {
    const topic = this.#store.topicById(topicId);
    if (topic === null) return unknownTopicId(topicId);
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitionCount) {
      return failed(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic ${quoteTopicName(topic.name)} has partitions 0 to ${topic.partitionCount - 1}, not ${partition}.`,
        { partitions: topic.partitionCount },
      );
    }
    return ok(this.#sign(topic, partition));
  }

  /** A fresh grant of a partition that was granted before, with the config as it is now; null when its topic is gone. */
  renew(topicId: string, partition: number): PartitionGrant | null {
    const topic = this.#store.topicById(topicId);
    return topic === null ? null : this.#sign(topic, partition);
  }

  #sign(topic: Topic, partition: number): PartitionGrant {
    const expiresAtMs = this.#ports.clock.nowMs() + grantLifetimeMs;
    this.#store.rememberGrant(topic.topicId, partition, expiresAtMs);
    return signGrant(
      {
        ref: { ...this.#identity(), topicId: topic.topicId, partition },
        topic: topic.name,
        config: topicConfigOf(topic.overrides),
        configVersion: topic.configVersion,
        expiresAtMs,
      },
      this.#ports.signer,
    );
  }
}
