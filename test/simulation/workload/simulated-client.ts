import type { Outcome } from '../history-recorder.ts';
import { outcome } from '../history-recorder.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Platform } from '../simulated-platform.ts';
import type { TopicDirectory } from './topic-directory.ts';

/** One value on its way to the log. */
export type OpenSend = {
  readonly value: number;
  readonly topic: string;
  readonly invokedAt: number;
  readonly mode: 'ordered' | 'repeatable' | null;
  /** When known before the answer. */
  key: string | null;
  /** The record's own key. */
  readonly recordKey: string | null;
};

/** A client of the platform: it lives until it stops, or dies in the middle of whatever it does. */
export abstract class SimulatedClient {
  readonly platform: Platform;
  readonly topics: TopicDirectory;
  readonly name: string;
  readonly random: SeededRandom;
  isRunning = true;
  /** Set when the load ends: the client finishes what it has begun. */
  isStopping = false;
  readonly #open = new Set<OpenSend>();

  constructor(platform: Platform, topics: TopicDirectory, name: string) {
    this.platform = platform;
    this.topics = topics;
    this.name = name;
    this.random = platform.world.random.fork();
  }

  /** What the client does until it is told to stop. */
  abstract run(): Promise<void>;

  get world() {
    return this.platform.world;
  }

  /** Runs on only while the client lives. */
  alive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => {
          if (this.isRunning) resolve(value);
        },
        (error: unknown) => {
          if (this.isRunning) reject(error);
        },
      );
    });
  }

  sleep(ms: number): Promise<void> {
    return this.alive(new Promise((resolve) => this.world.queue.after(ms, `${this.name} sleeps`, () => resolve())));
  }

  /** Stops for good, whatever is under way. */
  die(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.world.sometimes('client died for good');
    this.world.history.add(['k', this.name, this.world.history.now()]);
  }

  /** The edge of this request: any of them. */
  edge() {
    return this.random.pick(this.platform.edges);
  }

  begin(topic: string, mode: OpenSend['mode'], key: string | null = null): OpenSend {
    const { world } = this;
    const value = this.topics.newValue();
    // A compacted topic takes only records with a key; the others have one half of the time.
    const isKeyed = this.topics.isCompacted(topic) || this.random.chance(0.5);
    const recordKey = isKeyed ? `key-${this.random.integer(0, 6)}` : null;
    const send = { value, topic, invokedAt: world.history.now(), mode, key, recordKey };
    this.#open.add(send);
    return send;
  }

  /** Writes down how a send ended. */
  end(send: OpenSend, ended: Outcome, key: string | null, offset: number | null): void {
    if (!this.#open.delete(send)) return;
    const { history } = this.world;
    if (key !== null) this.topics.meet(send.topic, key);
    if (key !== null && offset !== null) {
      this.topics.acked(key, offset, send.invokedAt);
      this.topics.removals.acked(key, offset, send.topic, send.invokedAt);
    }
    // A topic that changed meanwhile may have taken the value twice, as docs/guarantees.md says.
    const mode = this.topics.changedSince(send.topic, send.invokedAt) ? 'repeatable' : send.mode;
    history.add([
      's',
      this.name,
      send.invokedAt,
      history.now(),
      ended,
      key,
      offset,
      send.value,
      null,
      mode,
      send.recordKey,
    ]);
  }

  /** A client that met a topic was told that it is not there: nothing but its deletion may be the reason. */
  expectDeletion(topic: string, metAs: string | null): void {
    if (metAs === null || this.topics.mayBeDeleted(topic)) return;
    this.world.violate(`${this.name} was told that ${topic} (${metAs}) is gone, but nobody deleted it`);
  }

  /** At the end of the run: what was never answered has an unknown outcome. */
  abandonOpenSends(): void {
    for (const send of [...this.#open]) this.end(send, outcome.unknown, send.key, null);
  }
}
