/** RFC 6455, section 5.2. */
export const webSocketOpcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const maxShortLength = 125;
const maxMediumLength = 65_535;

/**
 * One masked frame, as a client must send. The masking key is zero, which is legal and leaves the payload as it is:
 * a load generator that spent its core on masking would measure itself.
 */
export function webSocketFrame(opcode: number, payload: Uint8Array): Buffer {
  const head = frameHead(payload.length);
  head[0] = 0x80 | opcode;
  head[1] = head[1]! | 0x80;
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

function frameHead(length: number): Buffer {
  if (length <= maxShortLength) return Buffer.from([0, length]);
  if (length <= maxMediumLength) {
    const head = Buffer.from([0, 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.from([0, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** A server's frame: its first bytes (as many as the reader was told to keep) and its full length. */
export type ReceivedFrame = { readonly opcode: number; readonly head: Buffer; readonly length: number };

/**
 * Splits what a server sends into frames. Of each payload only the first `keptBytes` are gathered, so that a
 * subscriber can count records without copying them. Fragmented messages are refused: workerd sends none.
 */
export class WebSocketFrameReader {
  readonly #keptBytes: number;
  readonly #onFrame: (frame: ReceivedFrame) => void;
  #held: Buffer = Buffer.alloc(0);
  #opcode = 0;
  #length = 0;
  #remaining = -1;
  #kept: Buffer[] = [];
  #keptSoFar = 0;

  constructor(keptBytes: number, onFrame: (frame: ReceivedFrame) => void) {
    this.#keptBytes = keptBytes;
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes; they are not kept, so the caller may reuse its buffer. */
  push(received: Buffer): void {
    let bytes = received;
    if (this.#held.length > 0) {
      bytes = Buffer.concat([this.#held, received]);
      this.#held = Buffer.alloc(0);
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.#remaining < 0 ? this.#readHead(bytes, at) : this.#readPayload(bytes, at);
      if (next === at) {
        this.#held = Buffer.from(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return at;
    const first = bytes[at]!;
    if ((first & 0x80) === 0 || (first & 0x0f) === 0) throw new Error('the server sent a fragmented message');
    const short = bytes[at + 1]! & 0x7f;
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length - at < headBytes) return at;
    this.#opcode = first & 0x0f;
    this.#length =
      short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
    this.#remaining = this.#length;
    if (this.#length === 0) this.#finish();
    return at + headBytes;
  }

  #readPayload(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#remaining, bytes.length - at);
    const wanted = Math.min(taken, this.#keptBytes - this.#keptSoFar);
    if (wanted === this.#length) {
      // The common case: a whole frame in one read, handed on as a view.
      this.#remaining = -1;
      this.#onFrame({ opcode: this.#opcode, head: bytes.subarray(at, at + wanted), length: this.#length });
      return at + taken;
    }
    if (wanted > 0) {
      this.#kept.push(Buffer.from(bytes.subarray(at, at + wanted)));
      this.#keptSoFar += wanted;
    }
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#finish();
    return at + taken;
  }

  #finish(): void {
    const head = this.#kept.length === 1 ? this.#kept[0]! : Buffer.concat(this.#kept);
    this.#kept = [];
    this.#keptSoFar = 0;
    this.#remaining = -1;
    this.#onFrame({ opcode: this.#opcode, head, length: this.#length });
  }
}
