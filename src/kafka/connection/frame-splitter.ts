import { readInt32 } from '../../log/varint.ts';

/** A frame is preceded by its size, an int32. */
const sizeBytes = 4;

/** What is allocated at first for a frame that does not come at once: its size is only what the client says. */
const firstBufferBytes = 64 * 1024;

/** How short and how long a frame may be. */
export type FrameBounds = { readonly minBytes: number; readonly maxBytes: number };

/**
 * Cuts a stream of bytes into frames. Memory grows with what has come, never with what a size promises; a size that
 * cannot be is told to `isBroken`, after which nothing more comes.
 */
export class FrameSplitter {
  /** They hold for the frames that begin from now on. */
  bounds: FrameBounds;
  readonly #size = new Uint8Array(sizeBytes);
  #sizeAt = 0;
  /** The frame that is under way; null before its size is known. */
  #frame: Uint8Array | null = null;
  #frameBytes = 0;
  #frameAt = 0;
  isBroken = false;

  constructor(bounds: FrameBounds) {
    this.bounds = bounds;
  }

  /** Whether the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.#sizeAt === 0 && this.#frame === null;
  }

  /** The frames that end in `chunk`, in their order. They are copies: the chunk may be used again. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void> {
    for (let at = 0; at < chunk.length && !this.isBroken; ) {
      at = this.#frame === null ? this.#readSize(chunk, at) : this.#readFrame(this.#frame, chunk, at);
      if (this.#frame === null || this.#frameAt < this.#frameBytes) continue;
      const frame = this.#frame;
      this.#frame = null;
      this.#frameAt = 0;
      yield frame;
    }
  }

  #readSize(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.#sizeAt < sizeBytes) this.#size[this.#sizeAt++] = chunk[at++]!;
    if (this.#sizeAt < sizeBytes) return at;
    this.#sizeAt = 0;
    this.#frameBytes = readInt32(this.#size, 0);
    if (this.#frameBytes < this.bounds.minBytes || this.#frameBytes > this.bounds.maxBytes) this.isBroken = true;
    else this.#frame = new Uint8Array(Math.min(this.#frameBytes, Math.max(chunk.length - at, firstBufferBytes)));
    return at;
  }

  #readFrame(frame: Uint8Array, chunk: Uint8Array, at: number): number {
    const count = Math.min(chunk.length - at, this.#frameBytes - this.#frameAt);
    let target = frame;
    if (this.#frameAt + count > frame.length) {
      target = new Uint8Array(Math.min(this.#frameBytes, Math.max(this.#frameAt + count, frame.length * 2)));
      target.set(frame.subarray(0, this.#frameAt));
      this.#frame = target;
    }
    target.set(chunk.subarray(at, at + count), this.#frameAt);
    this.#frameAt += count;
    return at + count;
  }
}
