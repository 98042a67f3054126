import { assert } from '../../errors/assert.ts';
import type { ByteStream } from './byte-stream.ts';

/** The subprotocol of a WebSocket that carries the bytes of one Kafka connection (docs/websocket.md). */
export const kafkaSubprotocol = 'millrace.kafka.v1';

/** Bytes that one side may have sent and the other not taken: it bounds the memory of both. */
const windowBytes = 4 * 1024 * 1024;

/** Messages are cut to this size: the runtime refuses longer ones on some sockets. */
const messageBytes = 256 * 1024;

/** Bytes taken are told of in steps of this size. */
const reportBytes = 256 * 1024;

/** Sent as text when a side has nothing more to send: what TCP calls FIN, which a WebSocket has not. */
const endText = 'end';

/** Sent as text with a number of bytes that were taken since the last time. */
const takenPrefix = 'taken ';

/** What carries the messages: a WebSocket of the runtime, or of Node. */
export interface MessageSocket {
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

/**
 * A stream of bytes over a WebSocket, the same at both ends. A WebSocket knows neither back-pressure nor half-close, so
 * each side says what it has taken, and when it has ended. Whoever has the socket hands its messages to
 * {@link SocketStream.receive}, and says when it is gone.
 */
export class SocketStream implements ByteStream {
  readonly #socket: MessageSocket;
  readonly #chunks: Uint8Array[] = [];
  /** Bytes in `#chunks`, and bytes that were read and not reported. */
  #waitingBytes = 0;
  #unreportedBytes = 0;
  /** Bytes that were sent and that the other side has not taken. */
  #openBytes = 0;
  #isEnded = false;
  #isGone = false;
  #wake = Promise.withResolvers<void>();

  constructor(socket: MessageSocket) {
    this.#socket = socket;
  }

  /** Takes a message of the other side; a side that breaks the rules is dropped. */
  receive(message: string | ArrayBuffer): void {
    if (typeof message === 'string') this.#control(message);
    else if (this.#isEnded || this.#waitingBytes + message.byteLength > windowBytes)
      this.#break('more than was allowed');
    else {
      this.#chunks.push(new Uint8Array(message));
      this.#waitingBytes += message.byteLength;
    }
    this.#notify();
  }

  /** The socket is closed, or failed. */
  gone(): void {
    this.#isGone = true;
    this.#notify();
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0 && !this.#isEnded && !this.#isGone) await this.#wake.promise;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    this.#waitingBytes -= chunk.length;
    this.#unreportedBytes += chunk.length;
    if (this.#unreportedBytes >= reportBytes || this.#chunks.length === 0) this.#report();
    return chunk;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += messageBytes) {
      const message = bytes.slice(at, at + messageBytes);
      while (this.#openBytes + message.length > windowBytes && !this.#isGone) await this.#wake.promise;
      if (this.#isGone) throw new Error('the other side is gone');
      this.#openBytes += message.length;
      this.#socket.send(message);
    }
  }

  async end(): Promise<void> {
    if (!this.#isGone) this.#socket.send(endText);
  }

  destroy(): void {
    if (this.#isGone) return;
    this.gone();
    this.#socket.close(1000, 'over');
  }

  #control(message: string): void {
    const taken = message.startsWith(takenPrefix) ? Number(message.slice(takenPrefix.length)) : Number.NaN;
    if (message === endText) this.#isEnded = true;
    else if (Number.isSafeInteger(taken) && taken > 0 && taken <= this.#openBytes) this.#openBytes -= taken;
    else this.#break('a message that is none');
  }

  #report(): void {
    assert(this.#unreportedBytes > 0, 'what was read is told once');
    if (!this.#isGone) this.#socket.send(`${takenPrefix}${this.#unreportedBytes}`);
    this.#unreportedBytes = 0;
  }

  #break(why: string): void {
    this.gone();
    this.#socket.close(1002, why);
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}
