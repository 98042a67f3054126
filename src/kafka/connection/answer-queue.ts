import { concatBytes } from '../../log/concat-bytes.ts';
import type { ByteStream } from './byte-stream.ts';

/** Answers that are ready at the same time leave in one write of about this many bytes. */
const writeBytes = 256 * 1024;

/** With more than this unsent, a connection takes no further request. */
const unsentBytesMax = 1024 * 1024;

/** What is sent for a request: the parts of its frame, or nothing. */
export type Answer = readonly Uint8Array[];

type Entry = { answer: Answer | null };

/**
 * Sends answers in the order of their requests, whichever is ready first. A client that does not read makes `room` wait,
 * and so whoever asks for it before it takes the next request.
 */
export class AnswerQueue {
  readonly #stream: Pick<ByteStream, 'write'>;
  readonly #onBroken: () => void;
  readonly #entries: Entry[] = [];
  #isSending = false;
  #sending: Promise<void> = Promise.resolve();
  #isBroken = false;
  #unsentBytes = 0;
  /** Grows with every write that the peer took. */
  writes = 0;

  constructor(stream: Pick<ByteStream, 'write'>, onBroken: () => void) {
    this.#stream = stream;
    this.#onBroken = onBroken;
  }

  /** Takes the next place in the order; what it is called with is sent when all before it were. */
  reserve(): (answer: Answer) => void {
    const entry: Entry = { answer: null };
    this.#entries.push(entry);
    return (answer) => {
      entry.answer = answer;
      this.#unsentBytes += sizeOf(answer);
      if (this.#isSending) return;
      this.#isSending = true;
      this.#sending = this.#send();
    };
  }

  /** Resolves when little enough waits for the peer. */
  async room(): Promise<void> {
    if (this.#unsentBytes > unsentBytesMax) await this.settled();
  }

  /** Resolves when everything that can be sent was taken by the peer. */
  async settled(): Promise<void> {
    while (this.#isSending) await this.#sending;
  }

  async #send(): Promise<void> {
    try {
      for (let parts = this.#take(); parts.length > 0; parts = this.#take()) {
        if (!this.#isBroken) await this.#stream.write(concatBytes(parts));
        this.#unsentBytes -= sizeOf(parts);
        this.writes += 1;
      }
    } catch {
      // The peer is gone: what is still being answered is not sent.
      this.#isBroken = true;
      this.#onBroken();
    }
    this.#isSending = false;
  }

  /** The parts of the answers that are next and ready, up to about one write. */
  #take(): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < writeBytes) {
      const next = this.#entries[0];
      if (next === undefined || next.answer === null) break;
      this.#entries.shift();
      parts.push(...next.answer);
      bytes += sizeOf(next.answer);
    }
    return parts;
  }
}

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);
