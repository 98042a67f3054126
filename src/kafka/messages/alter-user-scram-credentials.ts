import { message } from '../wire/message-codec.ts';
import { bytes, int8, int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's AlterUserScramCredentialsRequest, API key 51. */
export const alterUserScramCredentialsRequest = message('AlterUserScramCredentialsRequest', 0, {
  deletions: structs('0+', {
    name: string('0+'),
    mechanism: int8('0+'),
  }),
  upsertions: structs('0+', {
    name: string('0+'),
    mechanism: int8('0+'),
    iterations: int32('0+'),
    salt: bytes('0+'),
    saltedPassword: bytes('0+'),
  }),
});

/** Kafka's AlterUserScramCredentialsResponse, API key 51. */
export const alterUserScramCredentialsResponse = message('AlterUserScramCredentialsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  results: structs('0+', {
    user: string('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
  }),
});
