import { message } from '../wire/message-codec.ts';
import { bool, float64, int8, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeClientQuotasRequest, API key 48. */
export const describeClientQuotasRequest = message('DescribeClientQuotasRequest', 1, {
  components: structs('0+', {
    entityType: string('0+'),
    matchType: int8('0+'),
    match: string('0+', { nullable: '0+' }),
  }),
  strict: bool('0+'),
});

/** Kafka's DescribeClientQuotasResponse, API key 48. */
export const describeClientQuotasResponse = message('DescribeClientQuotasResponse', 1, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+' }),
  entries: structs(
    '0+',
    {
      entity: structs('0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
      values: structs('0+', {
        key: string('0+'),
        value: float64('0+'),
      }),
    },
    { nullable: '0+' },
  ),
});
