import type { RestVersion } from './error-codes.ts';

const json = 'application/json';

/** What metadata is exchanged in, the preferred type first. */
export const metadataTypes: Readonly<Record<RestVersion, readonly [string, ...string[]]>> = {
  v2: ['application/vnd.kafka.v2+json', 'application/vnd.kafka+json', json],
  v3: [json],
};

/** How records are embedded in the JSON of v2. */
export const embeddedFormats = ['binary', 'json', 'avro', 'jsonschema', 'protobuf'] as const;

export type EmbeddedFormat = (typeof embeddedFormats)[number];

export const embeddedType = (format: EmbeddedFormat) => `application/vnd.kafka.${format}.v2+json`;

/** Types that name no embedded format stand for binary, as the REST Proxy documents. */
const unspecificTypes = [...metadataTypes.v2, 'application/octet-stream'];

/** Calls about consumers take, and are answered in, any of v2's types: clients use one for all of them. */
export const consumerTypes: readonly [string, ...string[]] = [
  metadataTypes.v2[0],
  ...metadataTypes.v2.slice(1),
  ...embeddedFormats.map(embeddedType),
];

/** What the records of a consumer instance may be asked for in. */
export const consumeTypes: readonly [string, ...string[]] = [
  embeddedType('binary'),
  ...embeddedFormats.slice(1).map(embeddedType),
  ...metadataTypes.v2,
];

/** Every type that records may be produced in. */
export const produceTypes: readonly [string, ...string[]] = [
  embeddedType('binary'),
  ...embeddedFormats.slice(1).map(embeddedType),
  ...unspecificTypes,
];

/** The embedded format that a media type of {@link produceTypes} stands for. */
export function formatOfType(type: string): EmbeddedFormat {
  return embeddedFormats.find((format) => embeddedType(format) === type) ?? 'binary';
}
