import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type CuttingProxy = {
  /** Stays the same wherever it leads to. */
  readonly url: string;
  /** Connections that were cut off with bytes still under way to the client. */
  readonly cutCount: number;
  /** From now on connections lead to this URL; those there are stay. */
  leadTo(url: string): void;
  /**
   * Cuts off the connection that brings clients the `bytes`th byte from now on, in the middle of a piece. Only
   * connections whose first request has `path` in its first line count.
   */
  cutAfter(bytes: number, path: string): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A network that breaks: passes connections on to a platform and cuts them off where a test says. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let targetPort = portOf(target);
  let bytesUntilCut = Number.POSITIVE_INFINITY;
  let cutPath = '';
  let cutCount = 0;

  const server = createServer((client) => {
    const platform = connect(targetPort, '127.0.0.1');
    const end = () => {
      client.destroy();
      platform.destroy();
    };
    for (const socket of [client, platform]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    let requestLine: string | undefined;
    client.on('data', (bytes) => {
      requestLine ??= bytes.toString('latin1').split('\r\n', 1)[0]!;
      platform.write(bytes);
    });
    platform.on('data', (bytes) => {
      if (requestLine?.includes(cutPath)) bytesUntilCut -= bytes.length;
      if (bytesUntilCut > 0) {
        if (client.write(bytes)) return;
        platform.pause();
        client.once('drain', () => platform.resume());
        return;
      }
      bytesUntilCut = Number.POSITIVE_INFINITY;
      cutCount += 1;
      client.write(bytes.subarray(0, Math.floor(bytes.length / 2)), end);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cutCount() {
      return cutCount;
    },
    leadTo: (url) => {
      targetPort = portOf(url);
    },
    cutAfter: (bytes, path) => {
      bytesUntilCut = bytes;
      cutPath = path;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
