import type { Socket } from 'node:net';
import { callerSubprotocols } from '../../client/credential.ts';
import { kafkaSubprotocol, SocketStream } from '../../kafka/connection/socket-stream.ts';
import type { NamedCaller } from '../command.ts';

/**
 * Carries one Kafka client's bytes to the platform and back, over a WebSocket, until either side is gone. A side that
 * takes nothing stops the other, and one that has ended may still be answered. Resolves with what went wrong, or null.
 */
export async function pipeOverWebSocket(
  client: Socket,
  url: string,
  { credential, cluster }: NamedCaller,
): Promise<string | null> {
  const socket = new WebSocket(url, [kafkaSubprotocol, ...callerSubprotocols(credential, cluster)]);
  socket.binaryType = 'arraybuffer';
  const stream = new SocketStream(socket);
  const opened = Promise.withResolvers<string | null>();
  socket.addEventListener('open', () => opened.resolve(null));
  socket.addEventListener('message', ({ data }) => stream.receive(data));
  socket.addEventListener('close', ({ code }) => {
    opened.resolve(`the platform closed the WebSocket (${code})`);
    stream.gone();
  });
  socket.addEventListener('error', () =>
    opened.resolve('the platform took no WebSocket; a closed one asks for an API key (MILLRACE_API_KEY)'),
  );
  const failure = await opened.promise;
  if (failure === null) await Promise.all([upstream(client, stream), downstream(stream, client)]);
  client.destroy();
  stream.destroy();
  return failure;
}

async function upstream(client: Socket, stream: SocketStream): Promise<void> {
  try {
    for await (const chunk of client.iterator({ destroyOnReturn: false })) await stream.write(chunk as Buffer);
    await stream.end();
  } catch {
    // The client reset the connection, or the platform is gone: there is nothing to carry any more.
    stream.destroy();
  }
}

async function downstream(stream: SocketStream, client: Socket): Promise<void> {
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    if (client.destroyed) return stream.destroy();
    if (!client.write(chunk)) await drained(client);
  }
  client.end();
}

function drained(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      client.off('drain', done);
      client.off('close', done);
      resolve();
    };
    client.on('drain', done);
    client.on('close', done);
  });
}
