import type { Principal } from '../authorization/principal.ts';
import type { Result } from '../errors/result.ts';
import type { Broker } from './kafka-services.ts';

/** Opens Kafka connections whose bytes come over a WebSocket. */
export interface ConnectionDoor {
  /**
   * Answers the handshake with a 101. `broker` is what clients are told of: where they connected to. LIMIT_REACHED for a
   * token of more capabilities than travel with a connection.
   */
  open(handshake: Request, broker: Pick<Broker, 'host' | 'port'>, principal: Principal): Promise<Result<Response>>;
}
