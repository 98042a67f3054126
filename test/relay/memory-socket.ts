import { type RecordsFrame, type ServerFrame, serverFrameSchema } from '../../src/contracts/websocket.ts';
import type { RelaySocket } from '../../src/relay/ports.ts';

/** The platform's side of a socket: it outlives the relay's time in memory. */
export class MemorySocket {
  attachment: Uint8Array | null = null;
  lastPingMs: number | null = null;
  readonly frames: ServerFrame[] = [];
  readonly sizes: number[] = [];
  closed: { code: number; reason: string } | null = null;
  onFrame: ((frame: ServerFrame, bytes: number) => void) | null = null;

  /** The socket as one life of the relay holds it; `isAlive` says whether that life still lasts. */
  held(isAlive: () => boolean = () => true): RelaySocket {
    const socket = this;
    return {
      send(text) {
        if (isAlive() && socket.closed === null) socket.#receive(text);
        return socket.closed === null;
      },
      close(code, reason) {
        if (isAlive()) socket.closed ??= { code, reason };
      },
      get attachment() {
        return socket.attachment;
      },
      set attachment(bytes) {
        if (isAlive()) socket.attachment = bytes;
      },
      get lastPingMs() {
        return socket.lastPingMs;
      },
    };
  }

  take(): ServerFrame[] {
    this.sizes.length = 0;
    return this.frames.splice(0);
  }

  #receive(text: string): void {
    // The schema is strict about what docs/websocket.md says of every frame.
    const frame = serverFrameSchema.parse(JSON.parse(text));
    const bytes = Buffer.byteLength(text);
    this.frames.push(frame);
    this.sizes.push(bytes);
    this.onFrame?.(frame, bytes);
  }
}

/** Follows one subscription as a careful client does, and throws on anything a client could complain about. */
export class SubscriptionFollower {
  readonly next = new Map<number, number>();
  /** Where each partition began. */
  readonly started = new Map<number, number>();
  creditBytes: number;
  position = '';
  isLive = false;
  /** Whether this follower is to be shown what stands at an offset; throws when it is not to know yet. */
  readonly #isShown: (partition: number, offset: number) => boolean;

  constructor(creditBytes: number, isShown: (partition: number, offset: number) => boolean = () => true) {
    this.creditBytes = creditBytes;
    this.#isShown = isShown;
  }

  see(frame: ServerFrame, bytes: number): void {
    if (frame.type === 'subscribed') {
      for (const [partition, { from }] of Object.entries(frame.partitions)) {
        this.next.set(Number(partition), from);
        this.started.set(Number(partition), from);
      }
      this.position = frame.position;
      this.isLive = true;
    } else if (frame.type === 'gap') {
      this.#advance(frame.partition, frame.from, frame.to);
    } else if (frame.type === 'records') {
      this.#records(frame, bytes);
    }
  }

  #records(frame: RecordsFrame, bytes: number): void {
    if (this.creditBytes <= 0) throw new Error('a frame was sent without credit');
    this.creditBytes -= bytes;
    this.#advance(frame.partition, frame.from, frame.to);
    const offsets = frame.records.map(({ offset }) => offset);
    const covered = Array.from({ length: frame.to - frame.from }, (_, index) => frame.from + index);
    const expected = covered.filter((offset) => this.#isShown(frame.partition, offset));
    if (offsets.join() !== expected.join()) throw new Error(`frame ${frame.from}..${frame.to} holds ${offsets.join()}`);
    this.position = frame.position;
  }

  #advance(partition: number, from: number, to: number): void {
    const next = this.next.get(partition) ?? 0;
    if (from !== next) throw new Error(`partition ${partition}: a frame begins at ${from}, expected ${next}`);
    if (to <= from) throw new Error(`partition ${partition}: an empty frame at ${from}`);
    this.next.set(partition, to);
  }
}
