import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's UpdateFeaturesRequest, API key 57. */
export const updateFeaturesRequest = message('UpdateFeaturesRequest', 0, {
  timeoutMs: int32('0+', { default: 60000 }),
  featureUpdates: structs('0+', {
    feature: string('0+'),
    maxVersionLevel: int16('0+'),
    allowDowngrade: bool('0'),
    upgradeType: int8('1+', { default: 1 }),
  }),
  validateOnly: bool('1+', { default: false }),
});

/** Kafka's UpdateFeaturesResponse, API key 57. */
export const updateFeaturesResponse = message('UpdateFeaturesResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  results: structs('0-1', {
    feature: string('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  }),
});
