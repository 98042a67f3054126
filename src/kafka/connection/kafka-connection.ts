import { limits } from '../../limits.ts';
import { writeInt32 } from '../../log/varint.ts';
import { apiVersionsKey, writeUnsupportedVersion } from '../handlers/api-versions.ts';
import type { KafkaApi, KafkaSession } from '../kafka-api.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { type Answer, AnswerQueue } from './answer-queue.ts';
import type { ByteStream } from './byte-stream.ts';
import type { ConnectionStanding } from './connection-standing.ts';
import { type FrameBounds, FrameSplitter } from './frame-splitter.ts';
import { minRequestBytes, peekApi, type RequestHead, readRequestHead } from './request-head.ts';

/** Requests to append that may be under way at once; the next one is read when the first of them are answered. */
const pipelinedRequestsMax = 256;

/** The number of the one API whose requests run side by side. */
const produceKey = 0;

/** Before it is known who asks, requests are short; a message of SASL that comes bare may be empty. */
const signInBounds: FrameBounds = { minBytes: minRequestBytes, maxBytes: limits.kafkaSignInBytes.value };
const bareMessageBounds: FrameBounds = { minBytes: 0, maxBytes: limits.kafkaSignInBytes.value };
const requestBounds: FrameBounds = { minBytes: minRequestBytes, maxBytes: limits.kafkaRequestBytes.value };

export type ConnectionPorts = {
  readonly standing: ConnectionStanding;
  readonly nowMs: () => number;
  readonly session: KafkaSession;
  readonly apis: ReadonlyMap<number, KafkaApi>;
  /** Told of what went wrong in a handler, which is a bug. */
  readonly reportError: (error: unknown) => void;
};

/**
 * One client's connection, whatever carries its bytes. Requests take effect in the order in which they came, and
 * answers leave in that order. Only appends are not waited for one by one: those to one partition keep their order in
 * its lane, and everything else waits until they are done. What cannot be understood ends the connection.
 */
export class KafkaConnection {
  readonly #ports: ConnectionPorts;
  readonly #stream: ByteStream;
  readonly #answers: AnswerQueue;
  readonly #frames = new FrameSplitter(requestBounds);
  readonly #appends = new Set<Promise<void>>();
  #appendBytes = 0;
  #isOver = false;

  #reads = 0;

  constructor(ports: ConnectionPorts, stream: ByteStream) {
    this.#ports = ports;
    this.#stream = stream;
    this.#answers = new AnswerQueue(stream, () => {
      this.#end();
      stream.destroy();
    });
  }

  /** Serves the connection until the client ends it, or has to be ended. What was asked before is still answered. */
  async serve(): Promise<void> {
    const patience = this.#dropWhenIdle();
    const signIn = this.#dropUnlessSignedIn();
    try {
      this.#setBounds();
      while (!this.#isOver) {
        const chunk = await this.#stream.read();
        if (chunk === null) break;
        this.#reads += 1;
        await this.#take(chunk);
      }
      await this.#appendsDone();
      await this.#answers.settled();
      await this.#stream.end();
    } catch {
      // The peer is gone in the middle of something: there is nobody left to tell.
    } finally {
      clearInterval(patience);
      clearTimeout(signIn);
      this.#ports.session.news.close();
      this.#stream.destroy();
    }
  }

  /** Ends a connection on which nothing was read or written for a whole interval. */
  #dropWhenIdle(): ReturnType<typeof setInterval> {
    let seen = -1;
    return setInterval(() => {
      const moved = this.#reads + this.#answers.writes;
      if (moved === seen) this.#stream.destroy();
      seen = moved;
    }, limits.kafkaIdleMs.value);
  }

  /** Whoever does not say in time who they are holds no connection. */
  #dropUnlessSignedIn(): ReturnType<typeof setTimeout> | undefined {
    if (this.#ports.standing.services !== null) return undefined;
    return setTimeout(() => {
      if (this.#ports.standing.services === null) this.#stream.destroy();
    }, limits.kafkaSignInMs.value);
  }

  #setBounds(): void {
    const { standing, session } = this.#ports;
    if (session.sasl.expectsBareMessage) this.#frames.bounds = bareMessageBounds;
    else this.#frames.bounds = standing.services === null ? signInBounds : requestBounds;
  }

  async #take(chunk: Uint8Array): Promise<void> {
    for (const frame of this.#frames.push(chunk)) {
      const { sasl } = this.#ports.session;
      await (sasl.expectsBareMessage ? this.#bareMessage(frame) : this.#request(frame));
      if (sasl.isRefused) this.#end();
      this.#setBounds();
      if (this.#isOver) return;
      await this.#answers.room();
    }
    if (this.#frames.isBroken) this.#end();
  }

  async #request(frame: Uint8Array): Promise<void> {
    const { apiKey, version } = peekApi(frame);
    const api = this.#ports.apis.get(apiKey);
    if (api === undefined) return this.#end();
    const isSpoken = version >= api.versions.min && version <= api.versions.max;
    if (!isSpoken && apiKey !== apiVersionsKey) return this.#end();
    const head = readRequestHead(frame, isSpoken && api.isFlexible(version));
    if (head === null) return this.#end();
    if (!isSpoken) return this.#refuseVersion(head);
    if (api.needsPrincipal && !(await this.#ports.standing.admits())) return this.#end();
    if (apiKey === produceKey) return this.#append(api, head, frame.length);
    await this.#appendsDone();
    await this.#answer(api, head, this.#answers.reserve());
  }

  /** A message of SASL as it came before there was a request for it; a refusal has no place in the answer. */
  async #bareMessage(message: Uint8Array): Promise<void> {
    const send = this.#answers.reserve();
    const taken = await this.#ports.session.sasl.take(message);
    if (!taken.ok) return send([]);
    const size = new Uint8Array(4);
    writeInt32(size, 0, taken.value.reply.length);
    send([size, taken.value.reply]);
  }

  /** Begins to append, and waits only when too much is under way. */
  async #append(api: KafkaApi, head: RequestHead, frameBytes: number): Promise<void> {
    const append = this.#answer(api, head, this.#answers.reserve()).finally(() => {
      this.#appends.delete(append);
      this.#appendBytes -= frameBytes;
    });
    this.#appends.add(append);
    this.#appendBytes += frameBytes;
    while (this.#appendBytes > limits.kafkaRequestBytes.value || this.#appends.size > pipelinedRequestsMax) {
      await Promise.race(this.#appends);
    }
  }

  async #appendsDone(): Promise<void> {
    while (this.#appends.size > 0) await Promise.all(this.#appends);
  }

  async #answer(api: KafkaApi, head: RequestHead, send: (answer: Answer) => void): Promise<void> {
    const { standing, session, nowMs } = this.#ports;
    const begunAtMs = nowMs();
    const writer = new ByteWriter();
    writer.int32(0);
    writer.int32(head.correlationId);
    if (api.isFlexible(head.version) && api.key !== apiVersionsKey) writer.uvarint(0);
    try {
      const call = { services: standing.services, session, version: head.version, clientId: head.clientId };
      const answered = await api.answer(call, head.body, writer);
      const isAdmitted = !api.needsPrincipal || (await standing.admitsAnswer(begunAtMs));
      send(isAdmitted && answered.ok && answered.value ? framed(writer) : []);
      if (!isAdmitted || !answered.ok) this.#end();
    } catch (error) {
      this.#ports.reportError(error);
      send([]);
      this.#end();
    }
  }

  #refuseVersion(head: RequestHead): void {
    const writer = new ByteWriter();
    writer.int32(0);
    writer.int32(head.correlationId);
    writeUnsupportedVersion(writer, [...this.#ports.apis.values()]);
    this.#answers.reserve()(framed(writer));
  }

  /** Nothing more is read; what was asked before is still answered. */
  #end(): void {
    this.#isOver = true;
  }
}

/** What was written, with its size in front. */
function framed(writer: ByteWriter): Answer {
  const { length } = writer;
  const parts = writer.finish();
  writeInt32(parts[0]!, 0, length - 4);
  return parts;
}
