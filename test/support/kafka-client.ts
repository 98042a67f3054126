import type { ByteStream } from '../../src/kafka/connection/byte-stream.ts';
import { ByteReader } from '../../src/kafka/wire/byte-reader.ts';
import { ByteWriter } from '../../src/kafka/wire/byte-writer.ts';
import type { MessageCodec } from '../../src/kafka/wire/message-codec.ts';
import type { Fields, ReadOf, WriteOf } from '../../src/kafka/wire/schema.ts';
import { concatBytes } from '../../src/log/concat-bytes.ts';
import { readInt32, writeInt32 } from '../../src/log/varint.ts';

/** The two messages of an API, and its key. */
export type TestedApi<Request extends Fields, Response extends Fields> = {
  readonly key: number;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
};

/** A request as it goes over the wire, its size in front. */
export function encodeRequest<Request extends Fields>(
  api: { readonly key: number; readonly request: MessageCodec<Request> },
  version: number,
  correlationId: number,
  body: WriteOf<Request>,
): Uint8Array {
  const writer = new ByteWriter();
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(correlationId);
  writer.string('int16', 'test');
  if (api.request.isFlexible(version)) writer.uvarint(0);
  api.request.write(writer, version, body);
  const frame = concatBytes(writer.finish());
  writeInt32(frame, 0, frame.length - 4);
  return frame;
}

/** What an answer says, without its size. */
export function decodeAnswer<Response extends Fields>(
  api: { readonly key: number; readonly response: MessageCodec<Response> },
  version: number,
  frame: Uint8Array,
): { readonly correlationId: number; readonly body: ReadOf<Response> } {
  const reader = new ByteReader(frame, 100_000);
  const correlationId = reader.int32();
  if (api.response.isFlexible(version) && api.key !== 18) reader.uvarint();
  const body = api.response.read(reader, version);
  if (reader.failed || reader.remaining() > 0) throw new Error(`no ${api.response.name} of version ${version}`);
  return { correlationId, body };
}

/** Both ends of a connection in memory. The client's end may read as slowly as it likes. */
export class MemoryStream implements ByteStream {
  readonly #chunks: (Uint8Array | null)[] = [];
  #wake: (() => void) | null = null;
  /** Everything the server wrote and the client has not taken. */
  readonly written: Uint8Array[] = [];
  #onWritten: (() => void) | null = null;
  /** While it is set, writes do not return. */
  #stall: Promise<void> | null = null;
  #unstall: (() => void) | null = null;
  isEnded = false;
  isDestroyed = false;
  #buffered: Uint8Array = new Uint8Array(0);

  async read(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0 && !this.isDestroyed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#chunks.shift() ?? null;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#stall !== null) await this.#stall;
    if (this.isDestroyed) throw new Error('the peer is gone');
    this.written.push(bytes.slice());
    this.#onWritten?.();
  }

  async end(): Promise<void> {
    this.isEnded = true;
    this.#onWritten?.();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#wake?.();
    this.#onWritten?.();
  }

  send(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#wake?.();
  }

  /** The client's FIN. */
  finish(): void {
    this.#chunks.push(null);
    this.#wake?.();
  }

  stopTaking(): void {
    this.#stall = new Promise((resolve) => {
      this.#unstall = resolve;
    });
  }

  goOnTaking(): void {
    this.#stall = null;
    this.#unstall?.();
  }

  /** The next answer, without its size; null when the connection ended before it. */
  async nextFrame(): Promise<Uint8Array | null> {
    for (;;) {
      this.#buffered = concatBytes([this.#buffered, ...this.written.splice(0)]);
      const size = this.#buffered.length < 4 ? Number.POSITIVE_INFINITY : readInt32(this.#buffered, 0);
      if (this.#buffered.length >= size + 4) {
        const frame = this.#buffered.subarray(4, size + 4);
        this.#buffered = this.#buffered.subarray(size + 4);
        return frame;
      }
      if (this.isEnded || this.isDestroyed) return null;
      await new Promise<void>((resolve) => {
        this.#onWritten = resolve;
      });
    }
  }
}
