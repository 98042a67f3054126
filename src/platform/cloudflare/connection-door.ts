import { assert } from '../../errors/assert.ts';
import type { ConnectionDoor } from '../../kafka/connection-door.ts';
import type { Broker } from '../../kafka/kafka-services.ts';
import { nominalBrokerId } from '../../topics/nominal-broker.ts';
import type { Env } from './env.ts';

/** Where the door says, inside the platform, what the client is to be told that it reached. */
const brokerHeader = 'millrace-broker';

/** Opens Kafka connections that come over WebSockets: an object for each. */
export class DurableConnectionDoor implements ConnectionDoor {
  readonly #env: Pick<Env, 'CONNECTION'>;

  constructor(env: Pick<Env, 'CONNECTION'>) {
    this.#env = env;
  }

  /** `broker` is what Metadata names: the place that the client connected to. */
  open(handshake: Request, broker: Pick<Broker, 'host' | 'port'>): Promise<Response> {
    const headers = new Headers(handshake.headers);
    headers.set(brokerHeader, JSON.stringify({ host: broker.host, port: broker.port }));
    const { CONNECTION } = this.#env;
    return CONNECTION.get(CONNECTION.newUniqueId()).fetch(new Request('http://connection/', { headers }));
  }
}

/** The broker that the door said. */
export function advertisedBroker(request: Request): Broker {
  const text = request.headers.get(brokerHeader);
  assert(text !== null, 'a connection is reached through its door');
  const { host, port } = JSON.parse(text) as Pick<Broker, 'host' | 'port'>;
  return { nodeId: nominalBrokerId, host, port };
}
