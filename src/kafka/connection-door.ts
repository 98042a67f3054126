import type { Broker } from './kafka-services.ts';

/** Opens Kafka connections whose bytes come over a WebSocket. */
export interface ConnectionDoor {
  /** Answers the handshake with a 101. `broker` is what clients are told of: where they connected to. */
  open(handshake: Request, broker: Pick<Broker, 'host' | 'port'>): Promise<Response>;
}
