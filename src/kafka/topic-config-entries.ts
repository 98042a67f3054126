import { brokerConfigKeyOf, brokerConfigs } from '../topics/broker-config.ts';
import type { TopicDescription } from '../topics/catalog-rpc.ts';
import { topicConfigStrings } from '../topics/topic-config.ts';
import { type TopicConfigKey, topicConfigKeys } from '../topics/topic-config-keys.ts';

/** Where a value comes from (DescribeConfigsResponse.ConfigSource). */
export const configSource = { topic: 1, broker: 4, default: 5 } as const;

/** What kind of value a key takes (DescribeConfigsResponse.ConfigType). */
const configType = { string: 2, int: 3, long: 5, double: 6, list: 7 } as const;

/** What a client wants to know of each config. */
export type ConfigDetail = {
  /** Null for all. */
  readonly keys: readonly string[] | null;
  readonly withSynonyms: boolean;
  readonly withDocumentation: boolean;
};

/** A topic's configs as DescribeConfigs shows them. */
export function topicConfigEntries({ config, configOverrides }: TopicDescription, detail: ConfigDetail) {
  const values = topicConfigStrings(config);
  return topicConfigKeys
    .filter(({ key }) => isAsked(key, detail))
    .map((entry) => {
      const { key, defaultValue, description } = entry;
      const value = values[key] ?? defaultValue;
      const isDefault = !Object.hasOwn(configOverrides, key);
      const own = { name: key, value, source: configSource.topic };
      const inherited = { name: brokerConfigKeyOf(key), value: defaultValue, source: configSource.default };
      const synonyms = isDefault ? [inherited] : [own, inherited];
      return {
        name: key,
        value,
        readOnly: false,
        configSource: isDefault ? configSource.default : configSource.topic,
        isDefault,
        isSensitive: false,
        synonyms: detail.withSynonyms ? synonyms : [],
        configType: typeOf(entry),
        documentation: detail.withDocumentation ? description : null,
      };
    });
}

/** The nominal broker's configs as DescribeConfigs shows them; `overrides` are what this door does differently. */
export function brokerConfigEntries(detail: ConfigDetail, overrides: Readonly<Record<string, string>>) {
  return brokerConfigs
    .filter(({ key }) => isAsked(key, detail))
    .map(({ key, value: usual, isDefault: isUsual }) => {
      const value = overrides[key] ?? usual;
      const isDefault = isUsual && !Object.hasOwn(overrides, key);
      const source = isDefault ? configSource.default : configSource.broker;
      return {
        name: key,
        value,
        readOnly: true,
        configSource: source,
        isDefault,
        isSensitive: false,
        synonyms: detail.withSynonyms ? [{ name: key, value, source }] : [],
        configType: configType.string,
        documentation: null,
      };
    });
}

const isAsked = (key: string, { keys }: ConfigDetail): boolean =>
  keys === null || keys.length === 0 || keys.includes(key);

function typeOf({ domain }: TopicConfigKey): number {
  switch (domain.type) {
    case 'choice':
      return configType.string;
    case 'choices':
      return configType.list;
    case 'decimal':
      return configType.double;
    case 'integer':
      return domain.isLong ? configType.long : configType.int;
  }
}
