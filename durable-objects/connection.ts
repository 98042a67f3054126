import { DurableObject } from 'cloudflare:workers';
import { createKafkaPlatform } from '../src/composition.ts';
import { ok, type Result } from '../src/errors/result.ts';
import { kafkaSubprotocol, SocketStream } from '../src/kafka/connection/socket-stream.ts';
import { decodeConnectionRequest } from '../src/kafka/connection-request.ts';
import { serveKafkaConnection } from '../src/kafka/serve-connection.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import type { SocketHolderRpc } from '../src/tenancy/socket-holders.ts';

/**
 * One Kafka connection whose bytes come over a WebSocket. It has an object of its own because a Worker's request may not
 * last so long, and stores nothing: when the connection is over, nothing is left of it.
 */
export class Connection extends DurableObject<Env> implements SocketHolderRpc {
  /** An object that comes back after its connection holds nobody's. */
  #lookAgain: () => Promise<Result<boolean>> = async () => ok(false);

  override async fetch(request: Request): Promise<Response> {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.binaryType = 'arraybuffer';
    server.accept();
    const stream = new SocketStream(server);
    server.addEventListener('message', ({ data }) => stream.receive(data));
    server.addEventListener('close', () => stream.gone());
    server.addEventListener('error', () => stream.gone());
    const { broker, principal } = decodeConnectionRequest(request);
    const holder = { kind: 'connection', name: this.ctx.id.toString() } as const;
    const platform = createKafkaPlatform(this.env, (work) => this.ctx.waitUntil(work), holder);
    const onRightsTaken = (lookAgain: () => Promise<Result<boolean>>) => {
      this.#lookAgain = lookAgain;
    };
    const arrival = { brokers: [broker], principal, host: principal.host, onRightsTaken } as const;
    this.ctx.waitUntil(serveKafkaConnection(platform, arrival, stream));
    const headers = { 'sec-websocket-protocol': kafkaSubprotocol };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  rightsTaken(): Promise<Result<boolean>> {
    return this.#lookAgain();
  }
}
