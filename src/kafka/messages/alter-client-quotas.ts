import { message } from '../wire/message-codec.ts';
import { bool, float64, int16, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's AlterClientQuotasRequest, API key 49. */
export const alterClientQuotasRequest = message('AlterClientQuotasRequest', 1, {
  entries: structs('0+', {
    entity: structs('0+', {
      entityType: string('0+'),
      entityName: string('0+', { nullable: '0+' }),
    }),
    ops: structs('0+', {
      key: string('0+'),
      value: float64('0+'),
      remove: bool('0+'),
    }),
  }),
  validateOnly: bool('0+'),
});

/** Kafka's AlterClientQuotasResponse, API key 49. */
export const alterClientQuotasResponse = message('AlterClientQuotasResponse', 1, {
  throttleTimeMs: throttleTimeMs('0+'),
  entries: structs('0+', {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    entity: structs('0+', {
      entityType: string('0+'),
      entityName: string('0+', { nullable: '0+' }),
    }),
  }),
});
