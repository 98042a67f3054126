import { message } from '../wire/message-codec.ts';
import { bool, int16, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's ApiVersionsRequest, API key 18. */
export const apiVersionsRequest = message('ApiVersionsRequest', 3, {
  clientSoftwareName: string('3+'),
  clientSoftwareVersion: string('3+'),
});

/** Kafka's ApiVersionsResponse, API key 18. */
export const apiVersionsResponse = message('ApiVersionsResponse', 3, {
  errorCode: int16('0+'),
  apiKeys: structs('0+', {
    apiKey: int16('0+'),
    minVersion: int16('0+'),
    maxVersion: int16('0+'),
  }),
  throttleTimeMs: throttleTimeMs('1+'),
  supportedFeatures: structs(
    '3+',
    {
      name: string('3+'),
      minVersion: int16('3+'),
      maxVersion: int16('3+'),
    },
    { tag: 0 },
  ),
  finalizedFeaturesEpoch: int64('3+', { default: -1, tag: 1 }),
  finalizedFeatures: structs(
    '3+',
    {
      name: string('3+'),
      maxVersionLevel: int16('3+'),
      minVersionLevel: int16('3+'),
    },
    { tag: 2 },
  ),
  zkMigrationReady: bool('3+', { default: false, tag: 3 }),
});
