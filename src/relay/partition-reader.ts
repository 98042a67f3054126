import { failed, ok, type Result } from '../errors/result.ts';
import type { PartitionStub } from '../gateway/ports.ts';
import type { Asked } from '../gateway/tiered-reader.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { Isolation, ReadFrom, ReadReply } from '../log/partition-rpc.ts';
import { committedBatches } from '../log/transactions/aborted-ranges.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { RelayPorts } from './ports.ts';

/** One partition of a topic that was looked up before: the name must still mean the same topic. */
export type TopicPartition = { readonly topic: string; readonly topicId: string; readonly partition: number };

export type Registration = { readonly highWatermark: number; readonly logStartOffset: number };

type Attempt<T> = (stub: PartitionStub, ref: PartitionRef, configVersion: number) => Promise<Result<T>>;

/** A relay's calls to partitions. All may be repeated without harm. */
export class PartitionReader {
  readonly #ports: Pick<RelayPorts, 'relay' | 'routes' | 'partitions' | 'tiered'>;

  constructor(ports: Pick<RelayPorts, 'relay' | 'routes' | 'partitions' | 'tiered'>) {
    this.#ports = ports;
  }

  /** The topic; UNKNOWN_TOPIC_OR_PARTITION when it was deleted, or its name belongs to a new one. */
  async route(of: Omit<TopicPartition, 'partition'>): Promise<Result<TopicRoute>> {
    const route = await this.#ports.routes.find(of.topic);
    // What was remembered may be an older topic of that name as well as a newer one.
    return route.ok && route.value.topicId !== of.topicId ? this.freshRoute(of) : route;
  }

  /** As {@link route}, past any cache. */
  async freshRoute(of: Omit<TopicPartition, 'partition'>): Promise<Result<TopicRoute>> {
    this.#ports.routes.forget(of.topic);
    const route = await this.#ports.routes.find(of.topic);
    return route.ok && route.value.topicId !== of.topicId ? topicWasDeleted(of.topic) : route;
  }

  /** From the moment this was answered, the partition delivers every flush here. */
  register(of: TopicPartition): Promise<Result<Registration>> {
    return this.#call(of, (stub, ref, configVersion) => stub.registerRelay(ref, configVersion, this.#ports.relay));
  }

  /** A committed read has committed batches only, and ends at the last stable offset. */
  async read(of: TopicPartition, from: ReadFrom, maxBytes: number, isolation: Isolation): Promise<Result<ReadReply>> {
    const route = await this.route(of);
    if (!route.ok) return route;
    const { orgId, clusterId, topicId } = route.value;
    const ref = { orgId, clusterId, topicId, partition: of.partition };
    const read = await this.#ports.tiered.read(ref, from, maxBytes, (place) =>
      this.#ask(of, place, maxBytes, isolation),
    );
    if (!read.ok) return read;
    const reply = 'local' in read.value ? read.value.local : read.value.remote;
    if (isolation === 'read_uncommitted') return ok(reply);
    const mustAsk = 'remote' in read.value && read.value.hasAborted;
    const aborted = mustAsk ? await this.#aborted(of, reply) : ok(reply.abortedTransactions ?? []);
    return aborted.ok ? ok({ ...reply, batches: committedBatches(reply.batches, aborted.value) }) : aborted;
  }

  #aborted(of: TopicPartition, { startOffset, nextOffset }: ReadReply) {
    return this.#call(of, (stub, ref, configVersion) =>
      stub.abortedTransactions(ref, configVersion, startOffset, nextOffset),
    );
  }

  async #ask(
    of: TopicPartition,
    from: ReadFrom,
    maxBytes: number,
    isolation: Isolation,
  ): Promise<Result<Asked<ReadReply>>> {
    const reply = await this.#call(of, (stub, ref, configVersion) =>
      stub.readRecords({ ref, configVersion, from, maxBytes, isolation }),
    );
    if (!reply.ok) return reply;
    const { plan } = reply.value;
    return ok(plan === undefined ? { local: reply.value } : { planned: { ...reply.value, plan } });
  }

  async #call<T>(of: TopicPartition, attempt: Attempt<T>): Promise<Result<T>> {
    const route = await this.route(of);
    if (!route.ok) return route;
    return this.#ports.partitions.call(
      route.value,
      of.partition,
      async (stub, ref, configVersion) =>
        ref.topicId === of.topicId ? attempt(stub, ref, configVersion) : topicWasDeleted(of.topic),
      { repeatable: true },
    );
  }
}

const topicWasDeleted = (topic: string) =>
  failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Topic "${topic}" was deleted; a topic of this name that exists now is another one.`,
  );
