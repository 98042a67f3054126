import { message } from '../wire/message-codec.ts';
import { int8, int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeUserScramCredentialsRequest, API key 50. */
export const describeUserScramCredentialsRequest = message('DescribeUserScramCredentialsRequest', 0, {
  users: structs(
    '0+',
    {
      name: string('0+'),
    },
    { nullable: '0+' },
  ),
});

/** Kafka's DescribeUserScramCredentialsResponse, API key 50. */
export const describeUserScramCredentialsResponse = message('DescribeUserScramCredentialsResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  results: structs('0+', {
    user: string('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    credentialInfos: structs('0+', {
      mechanism: int8('0+'),
      iterations: int32('0+'),
    }),
  }),
});
