import { failed, ok, type Result } from '../errors/result.ts';
import type { TopicPartition } from '../groups/committed-offset.ts';
import type { GroupRef } from '../groups/group-ref.ts';
import type { GroupRpc } from '../groups/group-rpc.ts';
import type { InstanceConfig, InstancePosition, NamedPartition } from '../groups/instances/consumer-instance.ts';
import type { InstanceCommand, InstanceView } from '../groups/instances/instance-rpc.ts';
import type { ReadFrom } from '../log/partition-rpc.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { UntilRecords } from './group-consumer.ts';
import type { Fetched, FetchStart, GroupFetch } from './group-fetch.ts';
import type { PartitionEnds } from './partition-ends.ts';
import type { TopicRoutes } from './ports.ts';
import type { RecordReader } from './read.ts';
import { inWaves } from './waves.ts';

/** Which instance a call means. */
export type InstanceName = { readonly groupId: string; readonly name: string };

/** What the caller made of the records of a read, and how far it came in each partition. */
export type InstanceRecords<Rendered> = {
  readonly rendered: Rendered;
  /** Of keys and values. */
  readonly sizeBytes: number;
  readonly positions: readonly (TopicPartition & { readonly offset: number })[];
};

export type InstanceRead<Rendered> = InstanceName & {
  /** Soft: the first record always comes. */
  readonly maxBytes: number;
  /** Null for as long as the instance waits. */
  readonly waitMs: number | null;
  /** Whether the caller can have this instance's records. */
  readonly check: (view: InstanceView) => Result<null>;
  readonly render: (fetched: Fetched, view: InstanceView) => Result<InstanceRecords<Rendered>>;
};

export type InstanceConsumerPorts = {
  readonly cluster: ClusterRef;
  readonly groups: GroupRpc;
  readonly routes: TopicRoutes;
  readonly reader: RecordReader;
  readonly ends: PartitionEnds;
  readonly fetch: GroupFetch;
  readonly clock: Clock;
  readonly newId: () => string;
};

/** A read that waits for many bytes looks this often at most. */
const maxLooks = 100;

/** Consumer instances as any edge can serve them: all they know is in their group's object. */
export class InstanceConsumer {
  readonly #ports: InstanceConsumerPorts;

  constructor(ports: InstanceConsumerPorts) {
    this.#ports = ports;
  }

  create(instance: InstanceName, config: Omit<InstanceConfig, 'createdBy'>): Promise<Result<InstanceView>> {
    return this.call(instance, { kind: 'create', config: { ...config, createdBy: this.#ports.newId() } });
  }

  newName(): string {
    return `rest-consumer-${this.#ports.newId()}`;
  }

  call({ groupId, name }: InstanceName, command: InstanceCommand): Promise<Result<InstanceView>> {
    const { orgId, clusterId } = this.#ports.cluster;
    const ref: GroupRef = { orgId, clusterId, groupId };
    return this.#ports.groups.callInstance({ ref, name, command });
  }

  /** Partitions that exist, with the ids of their topics. UNKNOWN_TOPIC_OR_PARTITION. */
  async named<Place extends TopicPartition>(places: readonly Place[]): Promise<Result<(Place & NamedPartition)[]>> {
    const named: (Place & NamedPartition)[] = [];
    for (const place of places) {
      const route = await this.#ports.routes.find(place.topic);
      if (!route.ok) return route;
      const { topicId, partitionCount } = route.value;
      if (place.partition >= partitionCount) {
        const last = partitionCount - 1;
        const { topic, partition } = place;
        const message = `Topic ${topic} has partitions 0 to ${last}, not ${partition}.`;
        return failed('UNKNOWN_TOPIC_OR_PARTITION', message, { partition });
      }
      named.push({ ...place, topicId });
    }
    return ok(named);
  }

  /** Where reads from these places would begin. */
  async offsetsOf(
    places: readonly (NamedPartition & { readonly from: ReadFrom })[],
  ): Promise<Result<InstancePosition[]>> {
    const positions: InstancePosition[] = [];
    for (const read of await inWaves(places, (place) => this.#offsetOf(place))) {
      if (!read.ok) return read;
      positions.push(read.value);
    }
    return ok(positions);
  }

  /** Reads on, keeps how far the read came, and answers what the caller made of the records. */
  async read<Rendered>(request: InstanceRead<Rendered>, untilRecords: UntilRecords): Promise<Result<Rendered>> {
    const polled = await this.call(request, { kind: 'poll' });
    if (!polled.ok) return polled;
    let view = polled.value;
    const checked = request.check(view);
    if (!checked.ok) return checked;
    const { clock } = this.#ports;
    const endsAtMs = clock.nowMs() + (request.waitMs ?? view.config.requestTimeoutMs);
    for (let look = 0; ; look++) {
      const looked = await this.#look(request, view);
      if (!looked.ok) return looked;
      const leftMs = endsAtMs - clock.nowMs();
      const isEnough = looked.value.sizeBytes >= Math.min(view.config.fetchMinBytes, request.maxBytes);
      if ((isEnough && looked.value.sizeBytes > 0) || leftMs <= 0 || look === maxLooks) {
        return this.#keep(request, view, looked.value);
      }
      const waited = await this.#wait(request, view, looked.value, leftMs, untilRecords);
      if (!waited.ok) return waited;
      if (waited.value === 'group') {
        const again = await this.call(request, { kind: 'describe' });
        if (!again.ok) return again;
        view = again.value;
      }
    }
  }

  async #offsetOf({ from, ...place }: NamedPartition & { readonly from: ReadFrom }): Promise<Result<InstancePosition>> {
    const { topic, partition } = place;
    const read = await this.#ports.reader.read({ topic, partition, from, maxBytes: 1, waitMs: 0, minBytes: 1 });
    if (!read.ok) return read;
    await read.value.response.body?.cancel();
    return ok({ ...place, offset: read.value.startOffset });
  }

  async #look<Rendered>(
    { maxBytes, render }: InstanceRead<Rendered>,
    view: InstanceView,
  ): Promise<Result<InstanceRecords<Rendered>>> {
    const { offsetReset } = view.config;
    const unread = view.partitions.find(({ from, isAdded }) => from === null && !isAdded);
    if (unread !== undefined && offsetReset === 'none') return noOffset(unread);
    const reset = offsetReset === 'latest' ? 'latest' : 'earliest';
    const fetched = await this.#ports.fetch.fetch(view.partitions, { maxBytes, reset });
    return fetched.ok ? render(fetched.value, view) : fetched;
  }

  /** Before the records are answered, so that no other edge reads them again. */
  async #keep<Rendered>(
    request: InstanceRead<Rendered>,
    view: InstanceView,
    { rendered, positions }: InstanceRecords<Rendered>,
  ): Promise<Result<Rendered>> {
    const moved = positions.flatMap((position) => {
      const start = startOf(view, position);
      return start === undefined || start.from === position.offset ? [] : [{ ...position, topicId: start.topicId }];
    });
    if (moved.length === 0) return ok(rendered);
    const kept = await this.call(request, { kind: 'advance', version: view.version, positions: moved });
    return kept.ok ? ok(rendered) : kept;
  }

  /** What ends first: a change of the instance's partitions, a record in one of them, or the time. */
  async #wait(
    { groupId }: InstanceName,
    view: InstanceView,
    { positions }: InstanceRecords<unknown>,
    waitMs: number,
    untilRecords: UntilRecords,
  ): Promise<Result<'group' | 'records'>> {
    const resumed = view.partitions.map((start): FetchStart => {
      const at = positions.find(({ topic, partition }) => topic === start.topic && partition === start.partition);
      return { ...start, from: at?.offset ?? start.from };
    });
    const records = untilRecords(resumed, waitMs).then((): Result<'records'> => ok('records'));
    if (view.member === null) return records;
    const { orgId, clusterId } = this.#ports.cluster;
    const claim = { ...view.member, instanceId: null };
    const news = this.#ports.groups.awaitNews({ orgId, clusterId, groupId }, claim, waitMs);
    const group = news.then((answer): Result<'group' | 'records'> => {
      // Whatever happened to the member meanwhile, asking for it again sets it right.
      return ok(answer.ok && !answer.value.hasNews ? 'records' : 'group');
    });
    return Promise.race([group, records]);
  }
}

const startOf = (view: InstanceView, place: TopicPartition) =>
  view.partitions.find(({ topic, partition }) => topic === place.topic && partition === place.partition);

/** Kafka's NoOffsetForPartitionException. */
const noOffset = ({ topic, partition }: TopicPartition) =>
  failed(
    'OFFSET_OUT_OF_RANGE',
    `Undefined offset with no reset policy for partition ${partition} of topic "${topic}": nothing was committed for it, and auto.offset.reset is none. Set a position first.`,
  );
