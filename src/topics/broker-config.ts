import { limits } from '../limits.ts';
import { defaultPartitionCount } from './catalog-decisions.ts';
import { nominalBrokerId, nominalReplicationFactor } from './nominal-broker.ts';
import { topicConfigKeys } from './topic-config-keys.ts';

/** One config of the nominal broker; none can be changed. */
export type BrokerConfig = {
  /** Kafka's name. */
  readonly key: string;
  readonly value: string;
  /** False where the platform differs from Kafka's own default. */
  readonly isDefault: boolean;
};

/** Under which name a broker's config sets the default of a topic's, where Kafka has one (TopicConfigSynonyms). */
const brokerKeys: Readonly<Record<string, string>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'compression.type': 'compression.type',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.ms': 'log.roll.ms',
};

/** The broker's name for a topic's config; the topic's own where the platform invented it. */
export function brokerConfigKeyOf(topicConfigKey: string): string {
  return brokerKeys[topicConfigKey] ?? topicConfigKey;
}

/** Every config the nominal broker shows, in the order of their names. */
export const brokerConfigs: readonly BrokerConfig[] = [
  ...topicConfigKeys.map(({ key, defaultValue }) => ({
    key: brokerConfigKeyOf(key),
    value: defaultValue,
    isDefault: true,
  })),
  { key: 'auto.create.topics.enable', value: 'false', isDefault: false },
  { key: 'broker.id', value: String(nominalBrokerId), isDefault: false },
  { key: 'default.replication.factor', value: String(nominalReplicationFactor), isDefault: true },
  { key: 'delete.topic.enable', value: 'true', isDefault: true },
  { key: 'group.max.session.timeout.ms', value: String(limits.sessionTimeoutMs.max), isDefault: true },
  { key: 'group.max.size', value: String(limits.membersPerGroup.value), isDefault: false },
  { key: 'offset.metadata.max.bytes', value: String(limits.offsetMetadataCharacters.value), isDefault: true },
  { key: 'offsets.retention.minutes', value: String(limits.offsetsRetentionMs.value / 60_000), isDefault: true },
  { key: 'num.partitions', value: String(defaultPartitionCount), isDefault: true },
].sort((one, other) => (one.key < other.key ? -1 : 1));
