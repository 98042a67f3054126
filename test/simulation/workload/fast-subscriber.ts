import type { Failure } from '../../../src/errors/result.ts';
import {
  encodeCreditFrame,
  encodeSubscribeFrame,
  recordsFrameHeaderBytes,
  serverFrame,
} from '../../../src/log/fast-door-frames.ts';
import { readInt64 } from '../../../src/log/varint.ts';
import { outcome } from '../history-recorder.ts';
import type { SimulatedSocket, SocketClient } from '../simulated-socket.ts';
import { isTopicGone } from './failure-kinds.ts';
import { decodedRecords } from './reader.ts';
import { SimulatedClient } from './simulated-client.ts';
import { partitionKey } from './topic-directory.ts';

const decoder = new TextDecoder();

/** A subscriber of one partition over the binary door. */
export class FastSubscriber extends SimulatedClient {
  topic = '';
  partition = 0;
  topicId: string | null = null;
  next: number | null = null;
  hasEnded = false;
  #assignment = 0;
  #socket: SimulatedSocket | null = null;
  #connections = 0;
  /** It was told that its topic is gone: the end of the socket must say so too. */
  #expectsTopicEnd = false;
  #wake: () => void = () => {};

  async run(): Promise<void> {
    this.#choose();
    while (!this.hasEnded) {
      await this.#connect();
      const connection = this.#connections;
      while (this.#socket !== null && this.#connections === connection) {
        await this.alive(
          new Promise<void>((resolve) => {
            this.#wake = resolve;
          }),
        );
      }
      await this.sleep(this.random.between(5, 400));
    }
  }

  /** The next offset of its partition; null for the others. */
  reached(partition: number): number | null {
    return partition === this.partition ? (this.next ?? -1) : null;
  }

  override die(): void {
    super.die();
    this.#socket?.closeFromClient();
  }

  #choose(): void {
    this.topic = this.random.pick(this.topics.names);
    this.partition = this.random.integer(0, 1);
    this.topicId = null;
    this.next = null;
  }

  async #connect(): Promise<void> {
    this.#connections += 1;
    const connection = this.#connections;
    this.#assignment += 1;
    this.#expectsTopicEnd = false;
    const isOwn = (socket: SimulatedSocket) => this.isRunning && socket === this.#socket;
    const client: SocketClient = {
      onMessage: (message, socket) => {
        if (isOwn(socket)) this.#receive(message as Uint8Array);
      },
      onClose: (code, socket) => {
        if (isOwn(socket)) this.#closed(code);
      },
    };
    try {
      const opened = await this.alive(
        this.edge().request(`${this.name} connects`, ({ openFastDoor }) =>
          openFastDoor(this.topic, this.partition, client, `${this.name}@${connection}`),
        ),
      );
      if (!opened.ok) {
        if (isTopicGone(opened.error)) this.#topicEnded();
        return;
      }
      const { socket, topicId } = opened.value;
      if (this.topicId !== topicId) this.next = null;
      this.topicId = topicId;
      // It may have broken while the answer was on its way.
      if (!socket.isOpen) return;
      this.#socket = socket;
      socket.sendToObject(encodeSubscribeFrame(Math.floor(this.random.logarithmic(1, 100_000)), this.next ?? -2));
    } catch {
      this.#socket = null;
    }
  }

  #topicEnded(): void {
    this.expectDeletion(this.topic, this.topicId);
    if (this.isStopping) this.hasEnded = true;
    else this.#choose();
  }

  #closed(code: number): void {
    this.#socket = null;
    if (code === 4404) this.#topicEnded();
    else if (this.#expectsTopicEnd && code !== 1006) {
      this.world.violate(`${this.name} was told that its topic is gone, and to come back by ${code}`);
    }
    this.#wake();
  }

  #receive(frame: Uint8Array): void {
    const { history } = this.world;
    const key = partitionKey(this.topicId ?? '', this.partition);
    if (frame[0] === serverFrame.subscribed) {
      const from = readInt64(frame, 1);
      if (this.next !== null) this.world.sometimes('fast subscriber resumed');
      // Where it asked for, unless that was deleted: then a gap says so next.
      if (this.next === null) this.next = from;
      else if (from < this.next) this.world.violate(`${this.name} resumed at ${from}, not ${this.next}`);
    } else if (frame[0] === serverFrame.records) {
      const [from, to] = [readInt64(frame, 1), readInt64(frame, 9)];
      if (from !== this.next) this.world.violate(`${this.name} had read up to ${this.next} and went on at ${from}`);
      const records = decodedRecords(this.world, frame.subarray(recordsFrameHeaderBytes), from, to);
      const at = history.now();
      this.topics.meet(this.topic, key);
      history.add(['p', this.name, at, at, outcome.ok, key, from, records, to, 0, this.#assignment]);
      this.next = to;
      this.#socket?.sendToObject(
        encodeCreditFrame(Math.max(frame.length, Math.floor(this.random.logarithmic(1, 50_000)))),
      );
    } else if (frame[0] === serverFrame.gap) {
      const [from, to] = [readInt64(frame, 1), readInt64(frame, 9)];
      const { reason } = JSON.parse(decoder.decode(frame.subarray(17))) as { reason: string };
      this.topics.removals.gapSeen(key, to);
      history.add(['o', this.name, history.now(), key, from, to, reason, this.#assignment]);
      this.next = to;
    } else if (frame[0] === serverFrame.error) {
      const { code, message } = JSON.parse(decoder.decode(frame.subarray(5))) as Failure;
      this.world.sometimes(`fast subscription ended with ${code}`);
      // A partition that starts asks the cluster, which may know of a deletion before the partition was told.
      if (code === 'UNKNOWN_TOPIC_ID' && this.topics.mayBeDeleted(this.topic)) {
        this.#expectsTopicEnd = true;
        return;
      }
      // A zombie may not know of what was appended since.
      const isStale = code === 'OFFSET_OUT_OF_RANGE' && this.world.mayHaveZombies;
      if (!isStale && code !== 'KAFKA_STORAGE_ERROR' && code !== 'LOG_UNVERIFIED')
        this.world.violate(`${this.name} was refused: ${code} ${message}`);
      this.#socket?.closeFromClient();
      this.#socket = null;
    }
    this.#wake();
  }
}
