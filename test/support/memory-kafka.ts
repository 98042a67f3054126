import { TopicsById } from '../../src/gateway/topics-by-id.ts';
import type { BrokerList, KafkaServices } from '../../src/kafka/kafka-services.ts';
import { serveKafkaConnection } from '../../src/kafka/serve-connection.ts';
import type { Fields, ReadOf, WriteOf } from '../../src/kafka/wire/schema.ts';
import { decodeAnswer, encodeRequest, MemoryStream, type TestedApi } from './kafka-client.ts';
import { MemoryPlatform } from './memory-platform.ts';

export const testBrokers: BrokerList = [{ nodeId: 0, host: 'kafka.test', port: 9092 }];

/** What a handler of the Kafka door may call, over a platform without a runtime. */
export function memoryKafkaServices(platform: MemoryPlatform): KafkaServices {
  const { catalog, cluster, routes } = platform.services;
  return { ...platform.services, topicsById: new TopicsById({ catalog, cluster, routes, names: new Map() }) };
}

/** One client's connection to the Kafka door of a platform without a runtime. */
export class KafkaTestConnection {
  readonly stream = new MemoryStream();
  readonly errors: unknown[] = [];
  readonly served: Promise<void>;
  #correlationId = 0;

  constructor(options: { readonly platform?: MemoryPlatform; readonly brokers?: BrokerList } = {}) {
    const services = memoryKafkaServices(options.platform ?? new MemoryPlatform());
    this.served = serveKafkaConnection(services, options.brokers ?? testBrokers, this.stream, (error) => {
      this.errors.push(error);
    });
  }

  /** Asks, and waits for the answer. */
  async ask<Request extends Fields, Response extends Fields>(
    api: TestedApi<Request, Response>,
    version: number,
    body: WriteOf<Request>,
  ): Promise<ReadOf<Response>> {
    const correlationId = this.send(api, version, body);
    const answer = await this.answer(api, version);
    if (answer.correlationId !== correlationId) throw new Error(`an answer to ${answer.correlationId}`);
    return answer.body;
  }

  /** Asks without waiting; answers the correlation id. */
  send<Request extends Fields, Response extends Fields>(
    api: TestedApi<Request, Response>,
    version: number,
    body: WriteOf<Request>,
  ): number {
    this.#correlationId += 1;
    this.stream.send(encodeRequest(api, version, this.#correlationId, body));
    return this.#correlationId;
  }

  /** The next answer that comes. */
  async answer<Request extends Fields, Response extends Fields>(api: TestedApi<Request, Response>, version: number) {
    const frame = await this.stream.nextFrame();
    if (frame === null) throw new Error('the connection ended');
    return decodeAnswer(api, version, frame);
  }
}
