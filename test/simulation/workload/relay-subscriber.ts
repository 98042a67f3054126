import {
  type GapFrame,
  type RecordsFrame,
  type ServerFrame,
  type SubscribedFrame,
  type SubscribeFrom,
  serverFrameSchema,
} from '../../../src/contracts/websocket.ts';
import { outcome } from '../history-recorder.ts';
import type { SimulatedSocket, SocketClient } from '../simulated-socket.ts';
import { epochMs } from '../simulated-world.ts';
import { isTopicGone } from './failure-kinds.ts';
import { SimulatedClient } from './simulated-client.ts';
import { numberIn, partitionKey } from './topic-directory.ts';

/** A subscriber that hears nothing asks again after so long, as a client with a connection timeout does. */
const silenceMs = 10_000;

/** A subscription of the JSON door: it follows a topic over relays that come and go, and resumes where it was. */
export class RelaySubscriber extends SimulatedClient {
  /** What it follows; a topic of that name that was created later is another one. */
  topic = '';
  topicId: string | null = null;
  /** Next offset by partition, as far as frames have told. */
  readonly next = new Map<number, number>();
  /** Set once the topic is gone for good. */
  hasEnded = false;
  #position: string | null = null;
  /** Offsets may come again after a gap, whose frame carries no position. */
  #gapSincePosition = false;
  #assignment = 0;
  #socket: SimulatedSocket | null = null;
  #connections = 0;
  #wake: () => void = () => {};
  #credit = 0;
  #isSubscribed = false;
  /** Some change their connection all the time, as a phone does: each time a relay must go on where another one was. */
  readonly #isRestless = this.random.chance(0.4);

  async run(): Promise<void> {
    this.topic = this.random.pick(this.topics.names);
    // It follows to the very end: a subscriber that was not told of a record is a failure.
    while (!this.hasEnded) {
      await this.#connect();
      await this.#untilClosed();
      await this.sleep(this.random.between(5, 400));
      if (this.random.chance(0.05) && !this.isStopping) this.#startOver();
    }
  }

  /** The next offset of a partition: all of them count, since it follows the whole topic. */
  reached(partition: number): number {
    return this.next.get(partition) ?? -1;
  }

  override die(): void {
    super.die();
    this.#socket?.closeFromClient();
  }

  #startOver(): void {
    this.#position = null;
    this.topicId = null;
    this.next.clear();
    this.topic = this.random.pick(this.topics.names);
  }

  async #connect(): Promise<void> {
    this.#connections += 1;
    const connection = this.#connections;
    this.#isSubscribed = false;
    this.#assignment += 1;
    const name = `${this.name}@${connection}`;
    const isCurrent = () => this.isRunning && this.#connections === connection;
    const isOwn = (socket: SimulatedSocket) => isCurrent() && socket === this.#socket;
    const client: SocketClient = {
      onMessage: (message, socket) => {
        if (isOwn(socket)) this.#receive(message as string);
      },
      onClose: (code, socket) => {
        if (isOwn(socket)) this.#closed(code);
      },
    };
    try {
      const socket = await this.alive(
        this.edge().request(`${this.name} connects`, ({ openRelaySocket }) =>
          openRelaySocket(this.topic, client, name),
        ),
      );
      // It may have broken while the answer was on its way.
      if (!socket.isOpen) return;
      this.#socket = socket;
      this.#credit = Math.floor(this.random.logarithmic(1, 100_000));
      const from = this.#from();
      socket.sendToObject(JSON.stringify({ type: 'subscribe', id: 's', from, credit: this.#credit }));
      if (this.#isRestless && !this.isStopping) this.#leaveLater(isCurrent);
    } catch {
      this.#socket = null;
    }
  }

  #from(): SubscribeFrom {
    if (this.#position !== null) return this.#position;
    const kind = this.random.integer(0, 3);
    if (kind === 0) return { timestamp: epochMs + Math.floor(this.random.between(0, this.world.nowMs)) };
    if (kind === 1) return 'latest';
    return 'earliest';
  }

  /** Until the socket is gone, or silent for so long that it may be. */
  async #untilClosed(): Promise<void> {
    const connection = this.#connections;
    while (this.#socket !== null && this.#connections === connection) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.#isSubscribed) {
        await this.alive(woken);
        continue;
      }
      await this.alive(Promise.race([woken, this.sleep(silenceMs)]));
      if (!this.#isSubscribed) this.#leave();
    }
  }

  #leaveLater(isCurrent: () => boolean): void {
    void this.sleep(this.random.logarithmic(20, 5_000)).then(() => {
      if (!isCurrent()) return;
      this.#leave();
      this.#wake();
    });
  }

  #leave(): void {
    this.#socket?.closeFromClient();
    this.#socket = null;
  }

  #closed(code: number): void {
    this.#socket = null;
    if (code === 4404) this.#topicEnded();
    this.#wake();
  }

  #topicEnded(): void {
    this.expectDeletion(this.topic, this.topicId);
    this.world.sometimes('subscriber told that its topic ended');
    if (this.isStopping) this.hasEnded = true;
    else this.#startOver();
  }

  #receive(text: string): void {
    const frame: ServerFrame = serverFrameSchema.parse(JSON.parse(text));
    if (frame.type === 'subscribed') this.#subscribed(frame);
    else if (frame.type === 'records') this.#records(frame, text.length);
    else if (frame.type === 'gap') this.#gap(frame);
    else if (frame.type === 'error' && frame.fatal) this.#failed(frame.code);
    this.#wake();
  }

  #subscribed(frame: SubscribedFrame): void {
    this.#isSubscribed = true;
    const topicId = topicIdOfPosition(frame.position);
    const isResumed = this.#position !== null;
    for (const [partition, { from }] of Object.entries(frame.partitions)) {
      const expected = this.next.get(Number(partition));
      if (isResumed && expected !== undefined && !this.#gapSincePosition && expected !== from) {
        this.world.violate(`${this.name} resumed partition ${partition} at ${from}, it had read up to ${expected}`);
      }
      this.next.set(Number(partition), from);
    }
    // Partitions are only added: one that is left out would start over with the next position.
    for (const partition of isResumed ? this.next.keys() : []) {
      if (!(partition in frame.partitions)) this.world.violate(`${this.name} resumed without partition ${partition}`);
    }
    if (isResumed) this.world.sometimes('subscriber resumed');
    this.topicId = topicId;
    this.#position = frame.position;
  }

  #records(frame: RecordsFrame, bytes: number): void {
    const { history } = this.world;
    const at = history.now();
    const key = partitionKey(this.topicId ?? '', frame.partition);
    const records = frame.records.map(({ offset, value }) => [offset, numberIn(value)]);
    this.topics.meet(this.topic, key);
    history.add(['p', this.name, at, at, outcome.ok, key, frame.from, records, frame.to, 0, this.#assignment]);
    this.next.set(frame.partition, frame.to);
    this.#position = frame.position;
    this.#gapSincePosition = false;
    this.#credit -= bytes;
    if (this.#credit <= 0) this.world.sometimes('subscriber ran out of credit');
    // At least what the frame took, or nothing would ever come again.
    const granted = Math.max(1 - this.#credit, Math.floor(this.random.logarithmic(100, 100_000)));
    this.#credit += granted;
    const grant = () => this.#socket?.sendToObject(JSON.stringify({ type: 'credit', id: 's', bytes: granted }));
    if (this.random.chance(0.7) || this.isStopping) grant();
    else void this.sleep(this.random.between(1, 2_000)).then(grant);
  }

  #gap({ partition, from, to, reason }: GapFrame): void {
    const { history } = this.world;
    const key = partitionKey(this.topicId ?? '', partition);
    this.topics.removals.gapSeen(key, to);
    history.add(['o', this.name, history.now(), key, from, to, reason, this.#assignment]);
    this.world.sometimes('subscriber told of a gap');
    this.next.set(partition, to);
    this.#gapSincePosition = true;
  }

  /** The subscription ended: begin again, where a position is still good for that. */
  #failed(code: string): void {
    this.world.sometimes(`subscription ended with ${code}`);
    if (code === 'UNKNOWN_SERVER_ERROR') this.world.violate(`${this.name} was answered with an incident`);
    const isForeign = code === 'INVALID_POSITION';
    // A zombie may not know of what was appended since; whoever is alive does.
    const isStale = code === 'OFFSET_OUT_OF_RANGE' && this.world.mayHaveZombies;
    if (code === 'OFFSET_OUT_OF_RANGE' && !isStale) this.world.violate(`${this.name} was told its place is not there`);
    // Nothing acknowledged is ever lost here.
    if (code === 'LOG_TRUNCATED') this.world.violate(`${this.name} was told of a loss`);
    if (isTopicGone({ code }) || isForeign) this.#topicEnded();
    this.#leave();
  }
}

/** Bytes 1 to 16 of a position are its topic's id. */
function topicIdOfPosition(position: string): string {
  const hex = Buffer.from(position, 'base64url').subarray(1, 17).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
