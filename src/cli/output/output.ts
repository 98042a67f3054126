import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes of this size cost next to nothing a record; larger ones only add delay. */
const bufferBytes = 64 * 1024;

/**
 * Standard output, buffered: whoever writes many small pieces flushes when nothing more comes at once, which
 * {@link Output.write} arranges for the next turn of the event loop. A reader that goes away (`| head`) is no error:
 * `isClosed` says so, and the command ends.
 */
export class Output {
  readonly #stream: Writable;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #length = 0;
  #isFlushScheduled = false;
  #closed = Promise.withResolvers<void>();
  isClosed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.isClosed = true;
      this.#closed.resolve();
    });
  }

  /** Resolves when the reader has gone away. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  write(part: string | Uint8Array): void {
    const size = typeof part === 'string' ? Buffer.byteLength(part) : part.length;
    if (size > bufferBytes - this.#length) this.#writeOut();
    if (size > bufferBytes) {
      if (!this.isClosed) this.#stream.write(typeof part === 'string' ? part : Buffer.from(part));
      return;
    }
    if (typeof part === 'string') this.#buffer.write(part, this.#length);
    else this.#buffer.set(part, this.#length);
    this.#length += size;
    this.#scheduleFlush();
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** True when the reader is slower than we are: `drained` then says when to go on. */
  get isFull(): boolean {
    return this.#stream.writableNeedDrain && !this.isClosed;
  }

  async drained(): Promise<void> {
    if (this.isFull) await Promise.race([once(this.#stream, 'drain'), this.closed]);
  }

  /** Resolves once everything written so far was handed to the operating system. */
  async flush(): Promise<void> {
    this.#writeOut();
    while (this.#stream.writableLength > 0 && !this.isClosed) {
      await Promise.race([new Promise((resolve) => this.#stream.write('', resolve)), this.closed]);
    }
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      this.#writeOut();
    });
  }

  #writeOut(): void {
    if (this.#length === 0) return;
    // A copy, because the stream may keep what it was given until the reader takes it.
    if (!this.isClosed) this.#stream.write(Buffer.from(this.#buffer.subarray(0, this.#length)));
    this.#length = 0;
  }
}
