import { PartitionNews } from '../gateway/partition-news.ts';
import { kafkaApis } from './apis.ts';
import type { ByteStream } from './connection/byte-stream.ts';
import { KafkaConnection } from './connection/kafka-connection.ts';
import type { BrokerList, KafkaServices } from './kafka-services.ts';
import { ProduceLanes } from './produce-lanes.ts';

/** Speaks Kafka's protocol on a stream of bytes until either side ends it. */
export function serveKafkaConnection(
  services: KafkaServices,
  brokers: BrokerList,
  stream: ByteStream,
  reportError: (error: unknown) => void,
): Promise<void> {
  const session = {
    brokers,
    lanes: new ProduceLanes(services),
    news: new PartitionNews(services.partitions),
  };
  return new KafkaConnection({ services, session, apis: kafkaApis, reportError }, stream).serve();
}
