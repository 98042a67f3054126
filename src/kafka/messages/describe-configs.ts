import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, string, strings, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeConfigsRequest, API key 32. */
export const describeConfigsRequest = message('DescribeConfigsRequest', 4, {
  resources: structs('0+', {
    resourceType: int8('0+'),
    resourceName: string('0+'),
    configurationKeys: strings('0+', { nullable: '0+' }),
  }),
  includeSynonyms: bool('1+', { default: false }),
  includeDocumentation: bool('3+', { default: false }),
});

/** Kafka's DescribeConfigsResponse, API key 32. */
export const describeConfigsResponse = message('DescribeConfigsResponse', 4, {
  throttleTimeMs: throttleTimeMs('0+'),
  results: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    resourceType: int8('0+'),
    resourceName: string('0+'),
    configs: structs('0+', {
      name: string('0+'),
      value: string('0+', { nullable: '0+' }),
      readOnly: bool('0+'),
      configSource: int8('1+', { default: -1 }),
      isDefault: bool('0'),
      isSensitive: bool('0+'),
      synonyms: structs('1+', {
        name: string('1+'),
        value: string('1+', { nullable: '0+' }),
        source: int8('1+'),
      }),
      configType: int8('3+', { default: 0 }),
      documentation: string('3+', { nullable: '0+' }),
    }),
  }),
});
