import { message } from '../wire/message-codec.ts';
import { bool, int8, int16, int32, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeClusterRequest, API key 60. */
export const describeClusterRequest = message('DescribeClusterRequest', 0, {
  includeClusterAuthorizedOperations: bool('0+'),
  endpointType: int8('1+', { default: 1 }),
  includeFencedBrokers: bool('2+'),
});

/** Kafka's DescribeClusterResponse, API key 60. */
export const describeClusterResponse = message('DescribeClusterResponse', 0, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('0+'),
  errorMessage: string('0+', { nullable: '0+', default: null }),
  endpointType: int8('1+', { default: 1 }),
  clusterId: string('0+'),
  controllerId: int32('0+', { default: -1 }),
  brokers: structs('0+', {
    brokerId: int32('0+'),
    host: string('0+'),
    port: int32('0+'),
    rack: string('0+', { nullable: '0+', default: null }),
    isFenced: bool('2+'),
  }),
  clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
});
