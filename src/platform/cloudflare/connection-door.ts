import type { Principal } from '../../authorization/principal.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { ConnectionDoor } from '../../kafka/connection-door.ts';
import { encodeConnectionRequest } from '../../kafka/connection-request.ts';
import type { Broker } from '../../kafka/kafka-services.ts';
import type { Env } from './env.ts';

/** Opens Kafka connections that come over WebSockets: an object for each. */
export class DurableConnectionDoor implements ConnectionDoor {
  readonly #env: Pick<Env, 'CONNECTION'>;

  constructor(env: Pick<Env, 'CONNECTION'>) {
    this.#env = env;
  }

  async open(
    handshake: Request,
    broker: Pick<Broker, 'host' | 'port'>,
    principal: Principal,
  ): Promise<Result<Response>> {
    const request = encodeConnectionRequest(handshake, broker, principal);
    if (!request.ok) return request;
    const { CONNECTION } = this.#env;
    return ok(await CONNECTION.get(CONNECTION.newUniqueId()).fetch(request.value));
  }
}
