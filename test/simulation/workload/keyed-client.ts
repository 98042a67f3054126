import { createHash } from 'node:crypto';
import type { ProduceResult } from '../../../src/contracts/records.ts';
import type { Result } from '../../../src/errors/result.ts';
import type { Produced } from '../../../src/gateway/produce.ts';
import type { ProduceRecord } from '../../../src/json/produce-record.ts';
import type { IdempotencyClaim } from '../../../src/log/partition-rpc.ts';
import { outcome } from '../history-recorder.ts';
import { epochMs } from '../simulated-world.ts';
import { isTemporary, isUnknownOutcome } from './failure-kinds.ts';
import { type OpenSend, SimulatedClient } from './simulated-client.ts';
import { encodeKey, encodeValue, partitionKey } from './topic-directory.ts';

type Answer = { readonly result: Result<Produced>; readonly topicIds: ReadonlyMap<number, string> };

const retryTimeoutMs = 30_000;

/** Records of one request, over several partitions, or wherever the platform puts them. */
abstract class RequestClient extends SimulatedClient {
  protected records(sends: readonly OpenSend[]): ProduceRecord[] {
    return sends.map(({ value, recordKey }) => ({
      partition: this.random.chance(0.2) ? 0 : null,
      timestampMs: this.random.chance(0.5) ? epochMs + Math.floor(this.world.nowMs) : null,
      key: encodeKey(recordKey),
      value: encodeValue(value, this.random.chance(0.02) ? Math.floor(this.random.logarithmic(1_000, 60_000)) : 0),
      headers: [],
    }));
  }

  protected async attempt(
    topic: string,
    records: readonly ProduceRecord[],
    claim: IdempotencyClaim | null,
  ): Promise<Answer | null> {
    try {
      return await this.alive(
        this.edge().request(`${this.name} request`, async ({ producer, lastTopicId }) => ({
          result: await producer.produceRecords(topic, records, claim),
          topicIds: lastTopicId,
        })),
      );
    } catch {
      return null;
    }
  }

  protected acked(send: OpenSend, result: ProduceResult, topicIds: ReadonlyMap<number, string>): void {
    if (!('offset' in result)) throw new TypeError('this result has no offset');
    const key = partitionKey(topicIds.get(result.partition) ?? '', result.partition);
    this.end(send, outcome.ok, key, result.offset);
  }
}

/** A client that repeats a request under its Idempotency-Key until every record has an answer. */
export class KeyedClient extends RequestClient {
  #requestCount = 0;

  async run(): Promise<void> {
    while (!this.isStopping) {
      await this.#request();
      await this.sleep(this.random.logarithmic(2, 300));
    }
  }

  async #request(): Promise<void> {
    this.#requestCount += 1;
    const topic = this.random.pick(this.topics.names);
    const sends = Array.from({ length: this.random.integer(1, 6) }, () => this.begin(topic, null));
    const records = this.records(sends);
    const keyHash = createHash('sha256').update(`${this.name}/${this.#requestCount}`).digest('hex');
    const claim = { keyHash, bodyHash: keyHash, requestedAtMs: epochMs + Math.floor(this.world.nowMs) };
    const giveUpAtMs = this.world.nowMs + retryTimeoutMs;
    const maybeStored = new Set<OpenSend>();
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.attempt(topic, records, claim);
      if (answer?.result.ok && answer.result.value.duplicate) {
        this.world.sometimes('request recognised by its key');
      }
      const isDone = this.#settle(sends, answer, maybeStored);
      if (isDone) return;
      if (this.world.nowMs >= giveUpAtMs) break;
      this.world.sometimes('request repeated under its key');
      await this.sleep(this.random.between(5, 100) * Math.min(attempt, 10));
    }
    for (const send of sends) {
      this.end(send, maybeStored.has(send) ? outcome.unknown : outcome.failed, null, null);
    }
  }

  /** A key is refused only to another request, or to this one divided over more partitions than before. */
  #checkRefusal(sends: readonly OpenSend[], code: string): void {
    if (code !== 'IDEMPOTENCY_KEY_REUSED') return;
    this.world.sometimes('key refused after partitions were added');
    const isExpected = sends.some(({ topic, invokedAt }) => this.topics.changedSince(topic, invokedAt));
    if (!isExpected) this.world.violate(`${this.name}: the key of its own request was refused`);
  }

  /** Whether nothing is left to ask for; an answer counts only when every record has one. */
  #settle(sends: readonly OpenSend[], answer: Answer | null, maybeStored: Set<OpenSend>): boolean {
    if (answer === null || (!answer.result.ok && isUnknownOutcome(answer.result.error))) {
      for (const send of sends) maybeStored.add(send);
      return false;
    }
    const { result } = answer;
    if (!result.ok) {
      if (isTemporary(result.error)) return false;
      this.#checkRefusal(sends, result.error.code);
      for (const send of sends) {
        this.end(send, maybeStored.has(send) ? outcome.unknown : outcome.failed, null, null);
      }
      return true;
    }
    const failures = result.value.results.map((entry) => ('error' in entry ? entry.error : null));
    sends.forEach((send, index) => {
      const failure = failures[index];
      if (failure === null || (failure !== undefined && isUnknownOutcome(failure))) maybeStored.add(send);
    });
    for (const failure of failures) if (failure !== null) this.#checkRefusal(sends, failure.code);
    const isOpen = failures.some((failure) => failure !== null && (isUnknownOutcome(failure) || isTemporary(failure)));
    if (isOpen) return false;
    sends.forEach((send, index) => {
      const entry = result.value.results[index]!;
      if ('offset' in entry) this.acked(send, entry, answer.topicIds);
      else this.end(send, maybeStored.has(send) ? outcome.unknown : outcome.failed, null, null);
    });
    return true;
  }
}

/** A client without sequences and keys: each request is sent once, and may be stored more than once. */
export class UnkeyedClient extends RequestClient {
  async run(): Promise<void> {
    while (!this.isStopping) {
      const topic = this.random.pick(this.topics.names);
      const sends = Array.from({ length: this.random.integer(1, 4) }, () => this.begin(topic, 'repeatable'));
      const answer = await this.attempt(topic, this.records(sends), null);
      for (const [index, send] of sends.entries()) this.#settle(send, index, answer);
      await this.sleep(this.random.logarithmic(2, 300));
    }
  }

  #settle(send: OpenSend, index: number, answer: Answer | null): void {
    const result = answer?.result;
    const entry = result?.ok ? result.value.results[index] : result;
    if (answer === null || entry === undefined) this.end(send, outcome.unknown, null, null);
    else if ('offset' in entry) this.acked(send, entry, answer.topicIds);
    else this.end(send, isUnknownOutcome(entry.error) ? outcome.unknown : outcome.failed, null, null);
  }
}
