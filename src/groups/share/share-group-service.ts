import { type Failed, failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { AlarmClock } from '../../platform/alarm.ts';
import type { Clock } from '../../platform/clock.ts';
import { isInitialized, openSchema } from '../../platform/migrations.ts';
import type { SqlStore } from '../../platform/sql-store.ts';
import { Timers } from '../../platform/timers.ts';
import type { CatalogRpc, TopicSummary } from '../../topics/catalog-rpc.ts';
import { quoteName, validateGroupId, validateMemberName } from '../group-id.ts';
import { checkShareConfig, defaultShareConfig, type ShareGroupConfig } from './share-config.ts';
import type {
  ShareConfigChange,
  ShareGroup,
  ShareGroupDescription,
  ShareGroupRpc,
  ShareHeartbeatReply,
  ShareHeartbeatRequest,
  ShareTopic,
} from './share-group-rpc.ts';
import { shareGroupMigrations } from './share-group-schema.ts';
import { type ShareGroupRow, ShareGroupStore, type ShareTopicRow } from './share-group-store.ts';
import { preferredPlaces, ShareMembers, shareSessionTimeoutMs } from './share-members.ts';
import type { SharePartitionRpc } from './share-partition-rpc.ts';
import type { ShareGroupRef, SharePartitionRef } from './share-ref.ts';

/** What a share group needs of the platform. */
export type ShareGroupPorts = {
  readonly sql: SqlStore;
  readonly alarm: AlarmClock;
  readonly clock: Clock;
  readonly catalog: (ref: ShareGroupRef) => CatalogRpc;
  readonly partition: (ref: SharePartitionRef) => Pick<SharePartitionRpc, 'close'>;
  /** Whether the object that runs this is the one that `ref` names. */
  readonly isOwn: (ref: ShareGroupRef) => boolean;
  readonly newShareGroupId: () => string;
  readonly reportError: (error: unknown) => void;
};

/** For so long the cluster is not asked again which topics there are. */
const topicsLifetimeMs = 5_000;

/** After partitions could not be told of their end, or the cluster's list not of the group. */
const retryMs = 30_000;

/** The cluster's list hears of a change of the members after this long, of the last of several only. */
const reportDelayMs = 2_000;

const timer = { closing: 'closing', report: 'report' } as const;

/** Topics of one member; more would make every call look at too many partitions. */
const maxTopics = 100;

/** The verbs of a share group's object: config, topics, and who is there. Who has which record is the partitions' affair. */
export class ShareGroupService implements ShareGroupRpc {
  readonly #ports: ShareGroupPorts;
  readonly #store: ShareGroupStore;
  readonly #timers: Timers;
  readonly #refusal: Failed | null;
  readonly #members = new ShareMembers();
  #row: ShareGroupRow | null = null;
  #topics = new Map<string, ShareTopicRow>();
  /** When each name was last looked up. */
  readonly #lookedUpMs = new Map<string, number>();
  #reported = '';
  #forgetting: Promise<void> | null = null;

  constructor(ports: ShareGroupPorts) {
    this.#ports = ports;
    this.#store = new ShareGroupStore(ports.sql);
    this.#timers = new Timers(ports);
    const opened = openSchema(ports.sql, shareGroupMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#load();
  }

  async create(ref: ShareGroupRef, change: ShareConfigChange): Promise<Result<{ group: ShareGroup; isNew: boolean }>> {
    const config = checkShareConfig({ ...defaultShareConfig, ...change });
    if (!config.ok) return config;
    const isNew = this.#row === null;
    const row = await this.#foundOrFind(ref, config.value);
    return row.ok ? ok({ group: publicOf(row.value), isNew }) : row;
  }

  async alter(ref: ShareGroupRef, change: ShareConfigChange): Promise<Result<ShareGroup>> {
    const row = this.#find(ref);
    if (!row.ok) return row;
    const config = checkShareConfig({ ...row.value.config, ...change });
    if (!config.ok) return config;
    const configVersion = row.value.configVersion + 1;
    this.#ports.sql.transaction(() => this.#store.saveConfig(config.value, configVersion));
    this.#row = { ...row.value, config: config.value, configVersion };
    return ok(publicOf(this.#row));
  }

  async find(ref: ShareGroupRef): Promise<Result<ShareGroup>> {
    const row = this.#find(ref);
    return row.ok ? ok(publicOf(row.value)) : row;
  }

  async heartbeat(request: ShareHeartbeatRequest): Promise<Result<ShareHeartbeatReply>> {
    const { ref, memberId, clientId, topics } = request;
    const named = memberId === null ? ok('') : validateMemberName('member_id', memberId);
    if (!named.ok) return named;
    if (topics.length > maxTopics) {
      return failed('INVALID_REQUEST', `A member of a share group reads ${maxTopics} topics at most.`, {
        limit: maxTopics,
      });
    }
    const founded = await this.#foundOrFind(ref, defaultShareConfig);
    if (!founded.ok) return founded;
    const known = await this.#lookUp(ref, topics);
    if (!known.ok) return known;
    const row = this.#find(ref);
    if (!row.ok) return row;
    const nowMs = this.#ports.clock.nowMs();
    if (memberId !== null && !this.#members.hear({ memberId, clientId, topics, heardAtMs: nowMs })) return tooMany();
    await this.#noteMembers();
    const read = topics.flatMap((name) => this.#active(name) ?? []);
    return ok({
      group: publicOf(row.value),
      topics: read,
      preferred: memberId === null ? [] : preferredPlaces(memberId, this.#members.list(nowMs), read),
      sessionTimeoutMs: shareSessionTimeoutMs,
    });
  }

  async begun(ref: ShareGroupRef, shareGroupId: string, topics: readonly ShareTopic[]): Promise<Result<null>> {
    const row = this.#find(ref);
    if (!row.ok) return row;
    if (row.value.shareGroupId !== shareGroupId) return noSuchGroup(ref.groupId);
    for (const { topicId, partitionCount } of topics) {
      const known = this.#topics.get(topicId);
      if (known === undefined || known.isClosing || known.begunPartitionCount > 0) continue;
      this.#saveTopic({ ...known, begunPartitionCount: partitionCount });
    }
    return ok(null);
  }

  async leave(ref: ShareGroupRef, memberId: string): Promise<Result<null>> {
    const row = this.#find(ref);
    if (!row.ok) return row;
    this.#members.leave(memberId);
    await this.#noteMembers();
    return ok(null);
  }

  async describe(ref: ShareGroupRef): Promise<Result<ShareGroupDescription>> {
    const row = this.#find(ref);
    if (!row.ok) return row;
    const known = await this.#lookUp(ref, [...new Set([...this.#topics.values()].map(({ topic }) => topic))]);
    if (!known.ok) return known;
    const members = this.#members.list(this.#ports.clock.nowMs());
    const topics = [...this.#topics.values()].filter(({ isClosing }) => !isClosing);
    return ok({
      group: publicOf(row.value),
      state: members.length === 0 ? 'empty' : 'stable',
      members: members.map(({ memberId, clientId, topics: read }) => ({
        memberId,
        clientId,
        topics: read,
        preferred: preferredPlaces(memberId, members, topics),
      })),
      topics: topics.map(({ isClosing: _, ...topic }) => topic),
    });
  }

  async delete(ref: ShareGroupRef): Promise<Result<null>> {
    const row = this.#find(ref);
    if (!row.ok) {
      // The list may still have a group whose founding was cut short.
      if (row.error.code === 'GROUP_ID_NOT_FOUND' && this.#row === null) {
        await this.#ports.catalog(ref).unregisterGroup(ref, ref.groupId, 'share');
      }
      return row;
    }
    const members = this.#members.list(this.#ports.clock.nowMs());
    if (members.length > 0) {
      return failed('NON_EMPTY_GROUP', `The share group has ${members.length} members; stop them first.`);
    }
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.sql.transaction(() => {
      this.#store.saveDeleted(nowMs);
      this.#timers.arm(timer.closing, nowMs);
    });
    this.#load();
    await this.#runClosing();
    if (this.#row !== null) await this.#timers.armAlarm();
    return ok(null);
  }

  /** The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. */
  async runAlarm(): Promise<void> {
    if (this.#row === null) return;
    try {
      const due = this.#timers.due(this.#ports.clock.nowMs());
      if (due.includes(timer.report)) await this.#runReport();
      if (due.includes(timer.closing)) await this.#runClosing();
      if (this.#row !== null) await this.#timers.armAlarm();
    } catch (error) {
      this.#ports.reportError(error);
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + retryMs).catch(this.#ports.reportError);
    }
  }

  /** Enters the group in the cluster's list first, so that nothing is stored that the list does not know of. */
  async #foundOrFind(ref: ShareGroupRef, config: ShareGroupConfig): Promise<Result<ShareGroupRow>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#row?.deletedAtMs === null) return ok(this.#row);
    const valid = validateGroupId(ref.groupId);
    if (!valid.ok) return valid;
    // What is left of a deleted group of this name goes first.
    if (this.#row !== null) await this.#runClosing();
    await this.#forgetting;
    const listed = await this.#ports.catalog(ref).registerGroup(ref, ref.groupId, 'share');
    if (!listed.ok) return listed;
    if (this.#row === null) {
      const createdAtMs = this.#ports.clock.nowMs();
      const shareGroupId = this.#ports.newShareGroupId();
      try {
        this.#ports.sql.transaction(() =>
          this.#store.create({ ref, shareGroupId, config, createdAtMs, deletedAtMs: null }),
        );
      } finally {
        // Also after a failure: the transaction may have been carried out.
        if (isInitialized(this.#ports.sql)) this.#load();
      }
    }
    return this.#find(ref);
  }

  /** Learns which of these topics exist; deleted ones are closed, new ones kept. */
  async #lookUp(ref: ShareGroupRef, names: readonly string[]): Promise<Result<null>> {
    const nowMs = this.#ports.clock.nowMs();
    const isFresh = (name: string) =>
      (this.#lookedUpMs.get(name) ?? Number.NEGATIVE_INFINITY) + topicsLifetimeMs > nowMs;
    const asked = names.filter((name) => !isFresh(name) || this.#active(name) === null);
    if (asked.length === 0) return ok(null);
    const found = await this.#ports.catalog(ref).findTopics(ref, { names: asked });
    if (!found.ok) return found;
    if (this.#row === null || this.#row.deletedAtMs !== null) return noSuchGroup(ref.groupId);
    const byName = new Map(found.value.topics.map((topic) => [topic.topic, topic]));
    if (this.#lookedUpMs.size > limits.topicsPerSubscription.value) this.#lookedUpMs.clear();
    for (const name of asked) {
      this.#lookedUpMs.set(name, nowMs);
      this.#learnTopic(name, byName.get(name) ?? null, nowMs);
    }
    await this.#timers.armAlarm();
    return ok(null);
  }

  #learnTopic(name: string, found: TopicSummary | null, nowMs: number): void {
    const known = this.#active(name);
    if (known !== null && known.topicId !== found?.topicId) {
      this.#ports.sql.transaction(() => {
        this.#store.saveTopic({ ...known, isClosing: true });
        this.#timers.arm(timer.closing, nowMs);
      });
      this.#topics.set(known.topicId, { ...known, isClosing: true });
    }
    if (found === null) return;
    const same = known?.topicId === found.topicId ? known : null;
    if (same?.partitionCount === found.partitionCount) return;
    this.#saveTopic({ ...found, begunPartitionCount: same?.begunPartitionCount ?? 0, isClosing: false });
  }

  #saveTopic(topic: ShareTopicRow): void {
    this.#ports.sql.transaction(() => this.#store.saveTopic(topic));
    this.#topics.set(topic.topicId, topic);
  }

  #active(name: string): ShareTopicRow | null {
    return [...this.#topics.values()].find(({ topic, isClosing }) => topic === name && !isClosing) ?? null;
  }

  /** Tells the partitions of deleted topics, and of a deleted group, of their end; then the group itself goes. */
  async #runClosing(): Promise<void> {
    const row = this.#row;
    if (row === null) return;
    this.#timers.begin(timer.closing);
    let isDone = true;
    for (const topic of [...this.#topics.values()].filter(({ isClosing }) => isClosing)) {
      const isClosed = await this.#closePartitions(row, topic);
      isDone &&= isClosed;
      if (!isClosed) continue;
      this.#ports.sql.transaction(() => this.#store.deleteTopic(topic.topicId));
      this.#topics.delete(topic.topicId);
    }
    if (isDone && row.deletedAtMs !== null) {
      const unlisted = await this.#ports.catalog(row.ref).unregisterGroup(row.ref, row.groupId, 'share');
      isDone = unlisted.ok;
      if (isDone) return await this.#forget();
    }
    const nextMs = isDone ? null : this.#ports.clock.nowMs() + retryMs;
    this.#ports.sql.transaction(() => this.#timers.finish(timer.closing, nextMs));
  }

  async #closePartitions({ ref, shareGroupId }: ShareGroupRow, { topicId, partitionCount }: ShareTopicRow) {
    try {
      for (let partition = 0; partition < partitionCount; partition += 1) {
        const place = { ...ref, shareGroupId, topicId, partition };
        const closed = await this.#ports.partition(place).close(place);
        if (!closed.ok) return false;
      }
      return true;
    } catch (error) {
      this.#ports.reportError(error);
      return false;
    }
  }

  /** The cluster's list follows the members, a little later. */
  async #noteMembers(): Promise<void> {
    if (this.#summary() === this.#reported) return;
    const dueMs = this.#ports.clock.nowMs() + reportDelayMs;
    this.#ports.sql.transaction(() => this.#timers.arm(timer.report, dueMs));
    await this.#timers.armAlarm();
  }

  async #runReport(): Promise<void> {
    const row = this.#row;
    if (row === null) return;
    this.#timers.begin(timer.report);
    const summary = this.#summary();
    const memberCount = this.#members.list(this.#ports.clock.nowMs()).length;
    let isReported = row.deletedAtMs !== null;
    if (!isReported) {
      const state = memberCount === 0 ? 'empty' : 'stable';
      const report = { groupId: row.groupId, kind: 'share' as const, protocol: null, state, memberCount };
      isReported = (await this.#ports.catalog(row.ref).reportGroup(row.ref, report)).ok;
    }
    if (isReported) this.#reported = summary;
    // Members that fall silent make no call: while there are any, their sessions are looked at.
    const waitMs = !isReported ? retryMs : memberCount > 0 ? shareSessionTimeoutMs : null;
    const nextMs = waitMs === null ? null : this.#ports.clock.nowMs() + waitMs;
    this.#ports.sql.transaction(() => this.#timers.finish(timer.report, nextMs));
  }

  #summary(): string {
    return String(this.#members.list(this.#ports.clock.nowMs()).length);
  }

  #load(): void {
    this.#row = this.#store.load();
    this.#topics = new Map(this.#store.loadTopics().map((topic) => [topic.topicId, topic]));
    // The platform may have lost the alarm; whoever wakes the object thereby sets it going again.
    this.#timers.armAlarm().catch(this.#ports.reportError);
  }

  async #forget(): Promise<void> {
    this.#row = null;
    this.#topics.clear();
    this.#lookedUpMs.clear();
    this.#members.clear();
    this.#forgetting = this.#ports.sql.deleteAll();
    await this.#forgetting;
    this.#forgetting = null;
  }

  #find(ref: ShareGroupRef): Result<ShareGroupRow> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    const row = this.#row;
    return row === null || row.deletedAtMs !== null ? noSuchGroup(ref.groupId) : ok(row);
  }

  #checkOwn(ref: ShareGroupRef): Result<null> {
    if (this.#refusal !== null) return this.#refusal;
    const own = this.#row?.ref ?? ref;
    const isSame = own.orgId === ref.orgId && own.clusterId === ref.clusterId && own.groupId === ref.groupId;
    return isSame && this.#ports.isOwn(ref)
      ? ok(null)
      : failed('WRONG_OBJECT', 'This object belongs to another share group, or to none.');
  }
}

function publicOf({ groupId, shareGroupId, config, configVersion, createdAtMs }: ShareGroupRow): ShareGroup {
  return { groupId, shareGroupId, config, configVersion, createdAtMs };
}

const noSuchGroup = (groupId: string): Result<never> =>
  failed(
    'GROUP_ID_NOT_FOUND',
    `There is no share group ${quoteName(groupId)}; create it, or let its first member acquire something.`,
  );

const tooMany = (): Result<never> => {
  const max = limits.shareMembersPerGroup.value;
  return failed('GROUP_MAX_SIZE_REACHED', `The share group has ${max} members, the most there may be.`, { limit: max });
};
