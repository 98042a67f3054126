import { decompress } from '../../../src/log/compression.ts';
import { decodeBatches } from '../../../src/log/record.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { ShareWorker } from './share-worker.ts';
import { SimulatedClient } from './simulated-client.ts';

/**
 * Virtual time in which a share group decides on everything, once nothing fails: few records are handed out ahead of
 * one that nobody can deal with, and that one is tried four times, with a lock that runs out in between.
 */
export const shareRestMs = 1_800_000;

/** Workers of the group at a time. */
const workersMax = 5;

/** Where its dead letters go. */
const lettersTopic = 'letters';

/** Reads of the dead-letter topic; more means that reading does not get anywhere. */
const letterReadsMax = 1_000;

type Letter = { readonly topic: string; readonly partition: number; readonly offset: number; readonly name: string };

const decoder = new TextDecoder();

/** Whoever founds a share group, and starts and kills its workers. */
export class ShareCrew extends SimulatedClient {
  readonly #groupId = 'shared';
  readonly #workers: ShareWorker[] = [];
  readonly #letters: Letter[] = [];
  readonly #hasLetters = this.random.chance(0.85);
  #count = 0;
  #hasReadLetters = false;

  async run(): Promise<void> {
    this.platform.shareJudge.views.mayHaveGaps = (topic) => this.topics.isCompacted(topic);
    await this.#found();
    const first = this.random.integer(1, 4);
    for (let index = 0; index < first; index += 1) this.#start();
    while (!this.isStopping) {
      await this.sleep(this.random.logarithmic(200, 8_000));
      if (this.isStopping) return;
      const active = this.#active;
      if (active.length > 0 && this.random.chance(0.5)) this.random.pick(active).die();
      else if (active.length < workersMax) this.#start();
    }
  }

  /** The crew itself is the simulation's: one of its workers dies. */
  override die(): void {
    if (this.#active.length > 0) this.random.pick(this.#active).die();
  }

  /** From here on nothing changes, and everything is worked off. */
  async settle(): Promise<void> {
    for (const topic of this.topics.names) await this.#create(topic, 2);
    // One at least that works on every topic.
    this.#start();
    for (const worker of this.#workers) worker.isStopping = true;
  }

  /** Everything was decided, and every dead record has its letter, once. */
  checkRest(): void {
    if (!this.#hasReadLetters) this.world.violate('liveness: the dead letters could not be read');
    const names = new Set<string>();
    for (const { name } of this.#letters) {
      if (names.has(name)) this.world.violate(`I-4e: there are two dead letters of ${name}`);
      names.add(name);
    }
    const live = this.platform.groupJudge.of('').liveTopics();
    for (const judged of this.platform.shareJudge.cases.values()) {
      const { ref, key, durable, dead } = judged;
      const topic = live.find(({ topicId }) => topicId === ref.topicId)?.topic;
      const ends = judged.logEnds();
      if (topic === undefined || durable === null || ends === null) continue;
      if (durable.startOffset !== ends.end) {
        this.world.violate(
          `liveness: the share group has decided on ${key} up to ${durable.startOffset}, which ends at ${ends.end}`,
        );
      }
      const letters = this.#letters.filter((letter) => letter.topic === topic && letter.partition === ref.partition);
      const offsets = new Set(letters.map(({ offset }) => offset));
      for (const offset of dead) {
        if (!offsets.has(offset)) this.world.violate(`I-4e: offset ${offset} of ${key} is dead without a letter`);
      }
      if (dead.size > 0) this.world.sometimes('dead letters written');
      this.world.sometimes('shared partition worked off');
    }
    for (const { name, topic, partition, offset } of this.#letters) this.#checkLetter(name, topic, partition, offset);
  }

  /** Nothing is buried that is not dead. */
  #checkLetter(name: string, topic: string, partition: number, offset: number): void {
    const cases = [...this.platform.shareJudge.cases.values()].filter(
      ({ ref, durable }) => ref.partition === partition && (durable === null || durable.topic === topic),
    );
    const isDead = cases.some(({ dead, durable }) => durable === null || dead.has(offset));
    if (!isDead) this.world.violate(`I-4e: ${name} has a dead letter, but is not dead`);
  }

  /** The workers go, and the dead-letter topic with them. */
  disband(): void {
    for (const worker of this.#active) worker.quit();
    void this.#until('deletes the letters', () =>
      this.edge().request(`${this.name} deletes letters`, ({ catalog }) =>
        catalog.deleteTopic(localCluster, lettersTopic),
      ),
    );
  }

  /** Reads the dead-letter topic from its beginning. */
  async readLetters(): Promise<void> {
    for (let partition = 0; partition < 2; partition += 1) {
      for (let next: number | null = null, reads = 0; reads < letterReadsMax; reads += 1) {
        const from = next === null ? ('earliest' as const) : { offset: next };
        const options = { topic: lettersTopic, partition, from, maxBytes: 1_000_000, waitMs: 0, minBytes: 1 };
        const read = await this.alive(
          this.edge().request(`${this.name} reads letters`, async ({ reader }) => {
            const through = await reader.read(options);
            if (!through.ok) return through;
            const batches = new Uint8Array(await through.value.response.arrayBuffer());
            return { ok: true, value: { ...through.value, batches } } as const;
          }),
        );
        if (!read.ok) {
          this.world.violate(`the dead letters cannot be read: ${read.error.message}`);
          return;
        }
        this.#keep(read.value.batches, next ?? 0);
        next = read.value.nextOffset;
        if (next === read.value.highWatermark) break;
      }
    }
    this.#hasReadLetters = true;
  }

  #keep(batches: Uint8Array, from: number): void {
    const decoded = decodeBatches(batches, decompress, (record) => {
      if (record.offset < from) return true;
      const header = (name: string) => {
        const found = record.headers.find((one) => one.name === `__dlq.errors.${name}`);
        return found === undefined ? '' : decoder.decode(found.value ?? new Uint8Array());
      };
      const [topic, partition, offset] = [header('topic'), Number(header('partition')), Number(header('offset'))];
      // A topic created anew has other records at the same offsets.
      const own = record.value === null ? header('timestamp') : decoder.decode(record.value);
      const name = `${topic}/${partition}@${offset} (${own.slice(0, 20)})`;
      this.world.note(`letter ${record.offset} is of ${name}`);
      this.#letters.push({ topic, partition, offset, name });
      return true;
    });
    if (!decoded.ok) this.world.violate(`the dead letters cannot be read: ${decoded.error.message}`);
  }

  get #active(): ShareWorker[] {
    return this.#workers.filter(({ isActive }) => isActive);
  }

  #start(): void {
    this.#count += 1;
    const some = this.topics.names.filter(() => this.random.chance(0.8));
    const names = some.length === 0 ? this.topics.names : some;
    const worker = new ShareWorker(
      this.platform,
      this.topics,
      `${this.name}-worker-${this.#count}`,
      this.#groupId,
      this.isStopping ? this.topics.names : names,
    );
    worker.isStopping = this.isStopping;
    this.#workers.push(worker);
    void worker.run().catch((thrown: unknown) => {
      this.world.violate(`${worker.name} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    });
  }

  async #found(): Promise<void> {
    await this.#create(lettersTopic, 2);
    const config = {
      lockDurationMs: this.random.pick([1_000, 3_000, 9_500]),
      deliveryLimit: this.random.integer(1, 4),
      redeliveryDelayMs: this.random.chance(0.5) ? 0 : this.random.integer(10, 1_500),
      deadLetterTopic: this.#hasLetters ? lettersTopic : null,
      start: 'earliest' as const,
    };
    await this.#until('founds a share group', () =>
      this.edge().request(`${this.name} founds`, ({ shares }) =>
        shares.groups.create({ ...localCluster, groupId: this.#groupId }, config),
      ),
    );
  }

  async #create(topic: string, partitionCount: number): Promise<void> {
    await this.#until(`creates ${topic}`, () =>
      this.edge().request(`${this.name} creates ${topic}`, ({ catalog }) =>
        catalog.createTopic(localCluster, { topic, partitionCount, config: this.topics.configOf(topic) }),
      ),
    );
  }

  /** Asks until it is done, or was done before. */
  async #until(
    what: string,
    ask: () => Promise<{ readonly ok: boolean; readonly error?: { readonly code: string } }>,
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.alive(ask().catch(() => null));
      if (answer?.ok || answer?.error?.code === 'TOPIC_ALREADY_EXISTS') return;
      if (tries > 100) throw new Error(`${this.name} ${what} in vain: ${JSON.stringify(answer)}`);
      await this.sleep(this.random.between(20, 500));
    }
  }
}
