import { message } from '../wire/message-codec.ts';
import { bool, int16, int32, int32s, int64, string, structs, throttleTimeMs } from '../wire/schema.ts';

/** Kafka's DescribeLogDirsRequest, API key 35. */
export const describeLogDirsRequest = message('DescribeLogDirsRequest', 2, {
  topics: structs(
    '0+',
    {
      topic: string('0+'),
      partitions: int32s('0+'),
    },
    { nullable: '0+' },
  ),
});

/** Kafka's DescribeLogDirsResponse, API key 35. */
export const describeLogDirsResponse = message('DescribeLogDirsResponse', 2, {
  throttleTimeMs: throttleTimeMs('0+'),
  errorCode: int16('3+'),
  results: structs('0+', {
    errorCode: int16('0+'),
    logDir: string('0+'),
    topics: structs('0+', {
      name: string('0+'),
      partitions: structs('0+', {
        partitionIndex: int32('0+'),
        partitionSize: int64('0+'),
        offsetLag: int64('0+'),
        isFutureKey: bool('0+'),
      }),
    }),
    totalBytes: int64('4+', { default: -1 }),
    usableBytes: int64('4+', { default: -1 }),
    isCordoned: bool('5+', { default: false }),
  }),
});
