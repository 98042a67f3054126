import { renderConsumeAnswer } from '../../../src/api/v1/group-consume-answer.ts';
import type { GroupPage } from '../../../src/client/group-door.ts';
import { GroupProgress } from '../../../src/client/group-progress.ts';
import { errorTable } from '../../../src/errors/error-codes.ts';
import { type Failure, ok, type Result } from '../../../src/errors/result.ts';
import type { Consumed, ConsumeRequest } from '../../../src/gateway/group-consumer.ts';
import { commitsOf, offsetTableOf } from '../../../src/gateway/group-json.ts';
import type { MemberWish } from '../../../src/groups/membership.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import type { EdgeServices } from '../edge.ts';
import type { GroupCase } from '../judges/group-judge.ts';
import type { Platform } from '../simulated-platform.ts';
import { isTopicGone, isUnknownOutcome } from './failure-kinds.ts';
import { SimulatedClient } from './simulated-client.ts';
import type { TopicDirectory } from './topic-directory.ts';

export type MemberPlan = {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly wish: MemberWish;
  readonly reset: 'earliest' | 'latest';
  /** How long it works on what it read, at most, in ms. */
  readonly workMs: number;
};

/** Fenced so often in a row it gives up, as the client does: another program goes by its id. */
const fencesMax = 5;

/** While nothing comes it calls this often once the load is over. */
const idleMs = 4_000;

/** What one consume call came to: the answer as a client sees it, and which topics its names meant. */
type Page = { readonly page: GroupPage; readonly consumed: Consumed };

/** A program that is a member of a group and calls by itself, as the TypeScript client does it. */
export class GroupMember extends SimulatedClient {
  readonly plan: MemberPlan;
  hasEnded = false;
  memberEpoch = 0;
  /** Partition keys it was told to have. */
  assignedKeys: readonly string[] = [];
  readonly #judged: GroupCase;
  readonly #progress = new GroupProgress();
  #assignment: GroupPage['assignment'] = {};
  #fences = 0;
  #refusals = 0;

  constructor(platform: Platform, topics: TopicDirectory, name: string, plan: MemberPlan) {
    super(platform, topics, name);
    this.plan = plan;
    this.#judged = platform.groupJudge.of(plan.groupId);
  }

  get isActive(): boolean {
    return this.isRunning && !this.hasEnded;
  }

  async run(): Promise<void> {
    while (!this.hasEnded) {
      const kind = this.random.integer(0, 19);
      if (kind === 0 && this.memberEpoch > 0) await this.#commitBeyondTheEnd();
      else if (kind <= 2 && this.memberEpoch > 0) await this.#beat();
      else await this.#read();
    }
  }

  override die(): void {
    super.die();
    this.#judged.readings.forget(this.name);
  }

  /** Ends without a word to the group. */
  quit(): void {
    this.hasEnded = true;
    this.#judged.readings.forget(this.name);
  }

  /** Commits what it has dealt with, and leaves. */
  async leave(): Promise<void> {
    if (!this.isActive) return;
    this.quit();
    if (this.memberEpoch === 0) return;
    const { groupId, memberId, instanceId } = this.plan;
    const commits = commitsOf(this.#progress.uncommitted);
    const claim = { memberId, instanceId, memberEpoch: this.memberEpoch };
    const isAway = instanceId !== null && this.random.chance(0.5);
    await this.#ask('leaves', async ({ groups }) => {
      const { existing } = await groups.ends.check(commits);
      return groups.rpc.leave({ ref: { ...localCluster, groupId }, claim, commits: existing, isAway });
    });
    this.world.sometimes('member left');
  }

  async #read(): Promise<void> {
    const sent = this.#progress.uncommitted;
    const maxRecords = Math.floor(this.random.logarithmic(1, 500));
    const page = await this.consume({
      commits: commitsOf(sent),
      positions: offsetTableOf(this.#progress.positions),
      maxBytes: Math.floor(this.random.logarithmic(1, 300_000)),
      waitMs: this.random.chance(0.3) ? this.random.integer(100, 3_000) : 0,
      maxRecords,
    });
    if (page === null) return;
    this.take(page.page, sent);
    for (const { topic, partition, offset } of page.page.records) {
      if (this.#assignment[topic]?.includes(partition) === true) this.#progress.handOut(topic, partition, offset);
    }
    for (const [topic, partitions] of Object.entries(page.page.positions)) {
      for (const [partition, offset] of Object.entries(partitions)) {
        if (this.#assignment[topic]?.includes(Number(partition)) !== true) continue;
        this.#progress.reach(topic, Number(partition), offset);
      }
    }
    await this.rest(page.page.records.length === 0);
    // Now and then it dies, or is called again, before it is done with what it read.
    if (!this.random.chance(0.15) || this.isStopping) this.#progress.finishAll();
  }

  async #beat(): Promise<void> {
    const sent = this.#progress.uncommitted;
    const waitMs = this.random.chance(0.5) ? this.random.integer(100, 5_000) : 0;
    const page = await this.consume({ commits: commitsOf(sent), positions: new Map(), maxBytes: 0, waitMs });
    if (page !== null) this.take(page.page, sent);
    await this.sleep(this.#workMs());
  }

  /** Between two calls: it works on what it read, or waits for more. */
  protected rest(isIdle: boolean): Promise<void> {
    return this.sleep(isIdle && this.isStopping ? idleMs : this.#workMs());
  }

  /** Once the load is over nobody lets its session end any more. */
  #workMs(): number {
    return this.random.logarithmic(3, this.isStopping ? Math.min(this.plan.workMs, idleMs) : this.plan.workMs);
  }

  /** What must be refused: an offset that the log does not have. */
  async #commitBeyondTheEnd(): Promise<void> {
    const [topic, partitions] = Object.entries(this.#assignment)[0] ?? [];
    const partition = partitions?.[0];
    if (topic === undefined || partition === undefined) return;
    const { groupId, memberId, instanceId } = this.plan;
    const claim = { memberId, instanceId, memberEpoch: this.memberEpoch };
    const commits = [{ topic, partition, offset: 1_000_000, metadata: '', leaderEpoch: -1 }];
    await this.#ask('commits too much', async ({ groups }) => {
      const { existing } = await groups.ends.check(commits);
      if (existing.length === 0) return ok(null);
      return groups.rpc.commit({ ref: { ...localCluster, groupId }, claim, commits: existing });
    });
  }

  /** One call of the consume door, repeated until it is answered; null when the member must begin anew. */
  protected async consume(
    call: Pick<ConsumeRequest, 'commits' | 'positions' | 'maxBytes' | 'waitMs' | 'isolation'> & {
      readonly maxRecords?: number;
    },
  ): Promise<Page | null> {
    const { groupId, memberId, instanceId, wish, reset } = this.plan;
    const { maxRecords = 500, ...asked } = call;
    // A heartbeat names no topics, as in the client.
    const own = { groupId, memberId, instanceId, wish: call.maxBytes === 0 ? null : wish, reset, clientId: this.name };
    for (let tries = 1; ; tries += 1) {
      const request: ConsumeRequest = { ...own, ...asked, memberEpoch: this.memberEpoch };
      const sentAtMs = this.world.nowMs;
      this.world.note(`${this.name} asks ${JSON.stringify([this.memberEpoch, asked.commits, [...asked.positions]])}`);
      const committed = this.#judged.durable?.offsets ?? new Map<string, number>();
      const answer = await this.#ask('consumes', async ({ groups, pause }) => {
        const consumed = await groups.consumer.consume(request, (_, waitMs) => pause(waitMs));
        if (!consumed.ok) return consumed;
        const rendered = renderConsumeAnswer(consumed.value, { as: 'auto', maxRecords });
        if (!rendered.ok) return rendered;
        const page = JSON.parse(new TextDecoder().decode(rendered.value.body)) as GroupPage;
        return ok({ page, consumed: consumed.value });
      });
      // Whoever ended meanwhile hears no more answers.
      if (this.hasEnded) return null;
      if (answer?.ok) {
        this.#judge(answer.value, sentAtMs, committed);
        return answer.value;
      }
      if (answer !== null && !this.#mayRepeat(answer.error)) return null;
      if (tries > 1) this.world.sometimes('consume call repeated');
      await this.sleep(this.random.between(20, 200) * Math.min(tries, 10));
      if (this.hasEnded) return null;
    }
  }

  #judge({ page, consumed }: Page, sentAtMs: number, committed: ReadonlyMap<string, number>): void {
    const { readings } = this.#judged;
    const { reply, fetched } = consumed;
    const ids = new Map(reply.assigned.map(({ topic, topicId }) => [topic, topicId]));
    const { memberId, wish } = this.plan;
    const { memberEpoch } = reply;
    this.assignedKeys = reply.assigned.map(({ topicId, partition }) => `${topicId}/${partition}`);
    const silenceMs = Math.min(wish.sessionTimeoutMs, wish.rebalanceTimeoutMs);
    readings.told({ program: this.name, memberId, memberEpoch, keys: this.assignedKeys, sentAtMs, silenceMs });
    for (const { topic, partition, from, to } of fetched.gaps) {
      readings.handedOut(`${ids.get(topic)}/${partition}`, from, to);
      this.world.sometimes('member told of a gap');
    }
    for (const { topic, partition, startOffset } of fetched.partitions) {
      const key = `${ids.get(topic)}/${partition}`;
      const next = page.positions[topic]?.[partition] ?? startOffset;
      const start = consumed.starts.find((one) => one.topic === topic && one.partition === partition);
      // A group that has no offset yet begins where the log does.
      if (start?.from === null) readings.handedOut(key, 0, startOffset);
      if (next <= startOffset) continue;
      readings.checkStart(this.name, key, startOffset, committed.get(key), sentAtMs);
      readings.handedOut(key, startOffset, next);
    }
    const facts = { epoch: memberEpoch, positions: page.positions, refused: page.refused, rejoined: page.rejoined };
    this.world.note(`${this.name} as ${memberId} was told ${JSON.stringify(facts)}`);
    if (page.rejoined !== undefined) this.world.sometimes('member had to join again');
    if (page.revoked !== undefined) this.world.sometimes('member told of a revocation');
    for (const { code } of page.refused ?? []) this.world.sometimes(`commit refused: ${code}`);
  }

  /** Takes over what an answer says about this member, as the client does. */
  protected take(page: GroupPage, sent: GroupPage['positions']): void {
    const before = this.#assignment;
    this.#fences = 0;
    this.#refusals = 0;
    this.memberEpoch = page.member_epoch;
    this.#assignment = page.assignment;
    if (page.rejoined !== undefined) this.#progress.clear();
    else this.#progress.committed(sent);
    const lost = Object.entries(before).map(([topic, partitions]) => {
      return [topic, partitions.filter((partition) => page.assignment[topic]?.includes(partition) !== true)] as const;
    });
    this.#progress.forget(Object.fromEntries(lost));
  }

  /** Whether the same call is made again; if not, the member begins anew or gives up. */
  #mayRepeat(error: Failure): boolean {
    if (isUnknownOutcome(error) || errorTable[error.code].retriable) return true;
    switch (error.code) {
      case 'FENCED_MEMBER_EPOCH':
      case 'FENCED_INSTANCE_ID':
      case 'UNKNOWN_MEMBER_ID':
        this.world.sometimes('member fenced');
        this.#fences += 1;
        this.startAnew();
        if (this.#fences > fencesMax) this.quit();
        return false;
      case 'UNRELEASED_INSTANCE_ID':
        this.world.sometimes('static instance in use');
        this.#refusals += 1;
        if (this.#refusals > 20) this.quit();
        return !this.hasEnded;
      default:
        // Whoever joins for a topic that is not there waits until it is.
        if (isTopicGone(error) && this.memberEpoch === 0) return true;
        if (!isTopicGone(error)) this.world.violate(`${this.name} was told ${error.code}: ${error.message}`);
        return true;
    }
  }

  protected startAnew(): void {
    this.memberEpoch = 0;
    this.#progress.clear();
    this.#assignment = {};
    this.assignedKeys = [];
    this.#judged.readings.forget(this.name);
  }

  /** Null when no answer came. */
  async #ask<T>(what: string, handle: (services: EdgeServices) => Promise<Result<T>>): Promise<Result<T> | null> {
    try {
      return await this.alive(this.edge().request(`${this.name} ${what}`, handle));
    } catch {
      return null;
    }
  }
}
