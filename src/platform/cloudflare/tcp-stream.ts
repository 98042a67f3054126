import { assert } from '../../errors/assert.ts';
import type { ByteStream } from '../../kafka/connection/byte-stream.ts';
import type { BrokerList } from '../../kafka/kafka-services.ts';
import { nominalBrokerId } from '../../topics/nominal-broker.ts';

/** An idle connection waits with a buffer of this size; one that fills it gets a larger one, up to the second. */
const idleBufferBytes = 4 * 1024;
const busyBufferBytes = 256 * 1024;

/** A TCP socket that the runtime's door handed to the Worker. */
export class TcpStream implements ByteStream {
  readonly #socket: Socket;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #buffer: ArrayBuffer = new ArrayBuffer(idleBufferBytes);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader({ mode: 'byob' });
    this.#writer = socket.writable.getWriter();
  }

  async read(): Promise<Uint8Array | null> {
    const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (done) return null;
    this.#buffer = value.buffer as ArrayBuffer;
    this.#fit(value.length);
    return value;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  end(): Promise<void> {
    return this.#writer.close();
  }

  destroy(): void {
    // Either way the socket is gone, which is all that is wanted.
    this.#reader.cancel().catch(() => {});
    this.#socket.close().catch(() => {});
  }

  /** The bytes just read stay where they are; the next read gets a buffer of the size that this one suggests. */
  #fit(readBytes: number): void {
    const { byteLength } = this.#buffer;
    if (readBytes === byteLength && byteLength < busyBufferBytes) this.#buffer = new ArrayBuffer(byteLength * 8);
    else if (readBytes <= idleBufferBytes && byteLength > idleBufferBytes)
      this.#buffer = new ArrayBuffer(idleBufferBytes);
  }
}

/**
 * The brokers that a client is told of: those that the launcher lists as `host:port,host:port`, or the one address that
 * the client reached.
 */
export function brokersOf({ localAddress }: SocketInfo, listed: string | undefined): BrokerList {
  const addresses = (listed ?? localAddress ?? '').split(',');
  const brokers = addresses.map((address, index) => {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    return { nodeId: nominalBrokerId + index, host, port: Number(address.slice(colon + 1)) };
  });
  const [first, ...others] = brokers;
  assert(first !== undefined, 'a connection has an address');
  return [first, ...others];
}

/** The address that a connection comes from, as the runtime says. */
export function hostOfSocket({ remoteAddress }: SocketInfo): string | undefined {
  return remoteAddress?.slice(0, remoteAddress.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
