import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type ReceivedFrame, WebSocketFrameReader, webSocketFrame, webSocketOpcodes } from './websocket-frames.ts';

const maxHandshakeBytes = 16_384;
const endOfHead = '\r\n\r\n';

export type WebSocketTarget = {
  readonly port: number;
  readonly path: string;
  readonly protocol: string;
  /** Bytes of each message that are kept; `Infinity` keeps all. */
  readonly keptBytes: number;
  /** Size of the socket's one, reused read buffer. */
  readonly readBytes: number;
};

/** A minimal WebSocket client on a raw socket: what the global one costs would be most of what is measured. */
export class BenchWebSocket {
  onFrame: (frame: ReceivedFrame) => void = () => {};
  onLost: (why: string) => void = () => {};
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #handshake: Buffer | null = Buffer.alloc(0);

  constructor(target: WebSocketTarget) {
    const reader = new WebSocketFrameReader(target.keptBytes, (frame) => this.#receive(frame));
    const buffer = Buffer.allocUnsafe(target.readBytes);
    const opening = Promise.withResolvers<void>();
    this.opened = opening.promise;
    this.#socket = connect({
      host: '127.0.0.1',
      port: target.port,
      noDelay: true,
      onread: {
        buffer,
        callback: (count) => {
          const bytes = buffer.subarray(0, count);
          const frames = this.#handshake === null ? bytes : this.#readHandshake(bytes, opening);
          if (frames.length > 0) reader.push(frames);
          return true;
        },
      },
    });
    this.#socket.on('connect', () => this.#socket.write(upgradeRequest(target)));
    const lost = (why: string) => {
      opening.reject(new Error(why));
      this.onLost(why);
    };
    this.#socket.on('error', (error) => lost(error.message));
    this.#socket.on('close', () => lost('the server closed the connection'));
    // Whoever awaits `opened` sees the failure; a later loss must not surface as an unhandled rejection.
    this.opened.catch(() => {});
  }

  /** Writes bytes that already are frames. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  sendBinary(payload: Uint8Array): void {
    this.write(webSocketFrame(webSocketOpcodes.binary, payload));
  }

  sendText(text: string): void {
    this.write(webSocketFrame(webSocketOpcodes.text, Buffer.from(text)));
  }

  close(): void {
    this.onLost = () => {};
    this.#socket.end(webSocketFrame(webSocketOpcodes.close, Buffer.from([0x03, 0xe8])));
    this.#socket.destroySoon();
  }

  #receive(frame: ReceivedFrame): void {
    if (frame.opcode === webSocketOpcodes.close) {
      const code = frame.head.length >= 2 ? frame.head.readUInt16BE(0) : 1005;
      this.onLost(`the server closed the socket with ${code} ${frame.head.toString('utf8', 2)}`);
      return;
    }
    this.onFrame(frame);
  }

  /** Returns what followed the handshake's head: the server may send frames at once. */
  #readHandshake(bytes: Buffer, opening: PromiseWithResolvers<void>): Buffer {
    const held = Buffer.concat([this.#handshake!, bytes]);
    const end = held.indexOf(endOfHead);
    this.#handshake = held;
    if (end < 0) {
      if (held.length > maxHandshakeBytes) opening.reject(new Error('the handshake has no end'));
      return Buffer.alloc(0);
    }
    const status = held.toString('latin1', 0, end).split('\r\n')[0]!;
    if (!status.includes(' 101 ')) {
      opening.reject(new Error(`no WebSocket: ${status} ${held.toString('latin1', end + endOfHead.length)}`));
      return Buffer.alloc(0);
    }
    this.#handshake = null;
    opening.resolve();
    return held.subarray(end + endOfHead.length);
  }
}

function upgradeRequest(target: WebSocketTarget): string {
  return [
    `GET ${target.path} HTTP/1.1`,
    `host: 127.0.0.1:${target.port}`,
    'upgrade: websocket',
    'connection: Upgrade',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
    `sec-websocket-protocol: ${target.protocol}`,
    '\r\n',
  ].join('\r\n');
}
