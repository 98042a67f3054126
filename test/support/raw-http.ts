import { connect } from 'node:net';

export type RawRequest = {
  readonly method: string;
  readonly path: string;
  /** Sent as they stand; null leaves one out. Host and Content-Length are added. */
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body?: string;
};

export type RawAnswer = { readonly status: number; readonly headers: Headers; readonly body: string };

/** What a browser sends to open a WebSocket, besides Origin and the subprotocol. */
export const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
} as const;

/**
 * Sends a request header by header, as no client library would: any Host and Origin, upgrades too. Of an endless
 * answer it reads the head and what came with it, and hangs up.
 */
export function sendRaw(port: number, { method, path, headers, body = '' }: RawRequest): Promise<RawAnswer> {
  const all: Record<string, string | null> = {
    host: `127.0.0.1:${port}`,
    'content-length': body === '' ? null : String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  const text = `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the connection ended after: ${received}`)));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const answer = parseAnswer(received);
      if (answer === null) return;
      socket.removeAllListeners('close');
      socket.destroy();
      resolve(answer);
    });
  });
}

/** `received` has a character a byte; null while the answer is incomplete. */
function parseAnswer(received: string): RawAnswer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [statusLine = '', ...headerLines] = received.slice(0, end).split('\r\n');
  const headers = new Headers(
    headerLines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
  const body = received.slice(end + 4);
  if (body.length < Number(headers.get('content-length') ?? 0)) return null;
  return { status: Number(statusLine.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString() };
}
