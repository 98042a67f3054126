import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { noQuotas } from '../../src/authorization/quota-gate.ts';
import { createAclEdge } from '../../src/gateway/acl-edge.ts';
import { openPrincipal, openSaslCredentials } from '../../src/gateway/open-credentials.ts';
import { TopicsById } from '../../src/gateway/topics-by-id.ts';
import { noUsage } from '../../src/gateway/usage/edge-usage.ts';
import type { BrokerList, KafkaServices } from '../../src/kafka/kafka-services.ts';
import type { ScramPorts } from '../../src/kafka/sasl/scram-exchange.ts';
import { type KafkaArrival, type KafkaPlatform, serveKafkaConnection } from '../../src/kafka/serve-connection.ts';
import type { Fields, ReadOf, WriteOf } from '../../src/kafka/wire/schema.ts';
import { nodeKeyedHash } from '../../src/platform/cloudflare/node-keyed-hash.ts';
import { decodeAnswer, encodeRequest, MemoryStream, type TestedApi } from './kafka-client.ts';
import { MemoryPlatform } from './memory-platform.ts';

export const testBrokers: BrokerList = [{ nodeId: 0, host: 'kafka.test', port: 9092 }];

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What a handler of the Kafka door may call, over a platform without a runtime. */
export function memoryKafkaServices(platform: MemoryPlatform, services = platform.services): KafkaServices {
  const { catalog, cluster, routes } = services;
  const topicsById = new TopicsById({ catalog, cluster, routes, names: new Map() });
  const acls = createAclEdge(services.principal, services.tenancy.organization);
  return { ...services, topicsById, acls, quotas: noQuotas, usage: noUsage, pause };
}

export const testScram: ScramPorts = { hash: nodeKeyedHash, newNonce: () => crypto.randomUUID() };

/** An open platform as Kafka connections come to it. */
function openKafkaPlatform(platform: MemoryPlatform, reportError: (error: unknown) => void): KafkaPlatform {
  return {
    servicesOf: () => memoryKafkaServices(platform),
    credentials: openSaslCredentials,
    scram: testScram,
    authority: noAuthority,
    clock: platform.services.clock,
    pause: () => Promise.resolve(),
    refused: () => {},
    keepAlive: () => {},
    reportError,
  };
}

type ConnectionOptions = {
  /** An open one. */
  readonly platform?: MemoryPlatform;
  /** Any, which says itself whom it lets in. */
  readonly kafka?: Omit<KafkaPlatform, 'reportError'>;
  readonly arrival?: Partial<KafkaArrival>;
  readonly brokers?: BrokerList;
};

/** One client's connection to the Kafka door of a platform without a runtime. */
export class KafkaTestConnection {
  readonly stream = new MemoryStream();
  readonly errors: unknown[] = [];
  readonly served: Promise<void>;
  #correlationId = 0;

  constructor({ platform, kafka, arrival, brokers = testBrokers }: ConnectionOptions = {}) {
    const reportError = (error: unknown) => this.errors.push(error);
    const door =
      kafka === undefined
        ? openKafkaPlatform(platform ?? new MemoryPlatform(), reportError)
        : { ...kafka, reportError };
    const principal = kafka === undefined ? openPrincipal : null;
    this.served = serveKafkaConnection(door, { brokers, principal, ...arrival }, this.stream);
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
