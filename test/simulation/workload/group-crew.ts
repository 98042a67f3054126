import type { ResetTarget } from '../../../src/gateway/offset-reset.ts';
import { assignorNames } from '../../../src/groups/assignors/assignors.ts';
import { subscriptionOf } from '../../../src/groups/member-wish.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { GroupMember, type MemberPlan } from './group-member.ts';
import { SimulatedClient } from './simulated-client.ts';

/** Programs of one group at a time. */
const programsMax = 6;

/** From the end of all faults until the group must be at rest: the latest call, two sessions, and late alarms. */
export const groupRestMs = 330_000;

/** Whoever starts, kills and stops the programs of one group, and moves its offsets while it has none. */
export class GroupCrew extends SimulatedClient {
  readonly #groupId = 'crew';
  readonly #programs: GroupMember[] = [];
  readonly #reset = this.random.chance(0.85) ? ('earliest' as const) : ('latest' as const);
  readonly #sessionTimeoutMs = this.random.pick([12_000, 18_000, 30_000]);
  #count = 0;

  async run(): Promise<void> {
    const first = this.random.integer(1, 4);
    for (let index = 0; index < first; index += 1) this.#start(this.#newPlan());
    while (!this.isStopping) {
      await this.sleep(this.random.logarithmic(200, 8_000));
      if (!this.isStopping) await this.#change();
    }
  }

  /** The crew itself is the simulation's: one of its programs dies. */
  override die(): void {
    if (this.#active.length > 0) this.random.pick(this.#active).die();
  }

  /** From here on nothing changes: of each id one program is left, and every topic is there. */
  async settle(): Promise<void> {
    const taken = new Set<string>();
    for (const program of this.#active) {
      program.isStopping = true;
      const ids = [program.plan.memberId, program.plan.instanceId].filter((id) => id !== null);
      if (ids.some((id) => taken.has(id))) program.quit();
      for (const id of ids) taken.add(id);
    }
    if (this.#active.length === 0) this.#start(this.#newPlan());
    for (const program of this.#programs) program.isStopping = true;
    for (const topic of this.topics.names) await this.#create(topic);
  }

  /** I-3d and I-3f, after the group was left in peace: everyone who runs is a member, knows its share, and has read it. */
  checkRest(): void {
    const judged = this.platform.groupJudge.of(this.#groupId);
    const violate = (what: string) => this.world.violate(`liveness: group ${this.#groupId} ${what}`);
    const group = judged.durable;
    if (group === null) {
      violate('was never founded');
      return;
    }
    const running = this.#active.map(({ plan }) => plan.memberId).sort();
    const members = [...group.members.keys()].sort();
    if (running.join() !== members.join()) violate(`has the members ${members}, but there are ${running}`);
    for (const program of this.#active) {
      const member = group.members.get(program.plan.memberId);
      if (member === undefined) continue;
      const assigned = [...member.assigned.keys()].sort().join();
      if (member.revoking.size > 0 || assigned !== [...member.target].sort().join()) {
        violate(`has not settled ${program.name}: ${assigned} instead of ${[...member.target].sort()}`);
      }
      if (assigned !== [...program.assignedKeys].sort().join()) {
        violate(`gave ${program.name} ${assigned}, but it believes to have ${program.assignedKeys}`);
      }
    }
    const held = new Set([...group.members.values()].flatMap(({ assigned }) => [...assigned.keys()]));
    for (const { topicId, topic, partitionCount } of judged.liveTopics()) {
      if (!this.topics.names.includes(topic) || !this.#active.some(({ plan }) => covers(plan, topic))) continue;
      for (let partition = 0; partition < partitionCount; partition += 1) {
        const key = `${topicId}/${partition}`;
        if (!held.has(key)) violate(`leaves ${key} to nobody`);
        const ends = judged.endOf(key);
        const committed = group.offsets.get(key) ?? (this.#reset === 'latest' ? ends?.end : ends?.start) ?? 0;
        // What was deleted before anyone came to it is passed over without a commit.
        if (ends !== null && ends.end > ends.start && committed !== ends.end) {
          violate(`has come to ${committed} of ${key}, which ends at ${ends.end}`);
        }
      }
    }
    if (members.length > 1) this.world.sometimes('group of several came to rest');
    this.world.sometimes('group came to rest');
  }

  /** The members go, with and without a word. */
  disband(): void {
    for (const program of this.#active) {
      if (this.random.chance(0.5)) program.quit();
      else void program.leave();
    }
  }

  get #active(): GroupMember[] {
    return this.#programs.filter(({ isActive }) => isActive);
  }

  async #change(): Promise<void> {
    const active = this.#active;
    const kind = this.random.integer(0, 9);
    const program = active.length > 0 ? this.random.pick(active) : null;
    if (kind <= 2 && active.length < programsMax) this.#start(this.#newPlan());
    else if (kind <= 5 && program !== null) await this.#replace(program);
    else if (kind === 6 && program !== null) await program.leave();
    else if (kind === 7 && program !== null) this.#startDouble(program.plan);
    else if (kind === 8) await this.#moveOffsets();
  }

  /** A program dies without a word, and another one mostly comes up under its id. */
  async #replace(program: GroupMember): Promise<void> {
    program.die();
    if (this.random.chance(0.3)) return;
    await this.sleep(this.random.logarithmic(10, 3_000));
    if (!this.isStopping) this.#start(program.plan);
  }

  /** A second program with the same member id, or with the same instance id. */
  #startDouble(plan: MemberPlan): void {
    const isTwin = plan.instanceId === null || this.random.chance(0.5);
    this.world.sometimes(isTwin ? 'two members with one id' : 'two members of one instance');
    this.#start(isTwin ? plan : { ...plan, memberId: this.#newId() });
  }

  async #moveOffsets(): Promise<void> {
    const { nowMs } = this.world;
    const targets: readonly ResetTarget[] = [
      { kind: 'earliest' },
      { kind: 'latest' },
      { kind: 'offset', offset: this.random.integer(0, 50) },
      { kind: 'shift', by: this.random.integer(-20, 20) },
    ];
    const target = this.random.pick(targets);
    // Only a group without members lets its offsets be moved.
    if (this.random.chance(0.7)) await Promise.all(this.#active.map((program) => program.leave()));
    const label = `${this.name} moves offsets at ${Math.round(nowMs)}`;
    const request = this.edge().request(label, async ({ groups }) => {
      const plan = await groups.reset.plan(this.#groupId, null, target);
      return plan.ok ? groups.reset.apply(this.#groupId, plan.value, null) : plan;
    });
    await this.alive(request.catch(() => null));
    if (this.#active.length === 0 && !this.isStopping) this.#start(this.#newPlan());
  }

  #start(plan: MemberPlan): void {
    this.#count += 1;
    const program = new GroupMember(this.platform, this.topics, `${this.name}-program-${this.#count}`, plan);
    this.#programs.push(program);
    void program.run().catch((thrown: unknown) => {
      this.world.violate(`${program.name} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    });
  }

  #newPlan(): MemberPlan {
    const memberId = this.#newId();
    const names = this.topics.names;
    const some = names.filter(() => this.random.chance(0.8));
    return {
      groupId: this.#groupId,
      memberId,
      instanceId: this.random.chance(0.25) ? `instance-of-${memberId}` : null,
      wish: {
        subscription: subscriptionOf(some.length === 0 ? names : some, null),
        assignor: this.random.chance(0.3) ? this.random.pick(assignorNames) : null,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        rebalanceTimeoutMs: this.random.pick([12_000, 20_000, 60_000]),
      },
      reset: this.#reset,
      // A few take longer over a record than their session lasts.
      workMs: this.random.chance(0.1) ? 2 * this.#sessionTimeoutMs : this.random.logarithmic(20, 3_000),
    };
  }

  #newId(): string {
    this.#count += 1;
    return `member-${this.#count}`;
  }

  async #create(topic: string): Promise<void> {
    for (;;) {
      const request = this.edge().request(`${this.name} creates ${topic}`, ({ catalog }) =>
        catalog.createTopic(localCluster, { topic, partitionCount: 2, config: this.topics.configOf(topic) }),
      );
      const created = await this.alive(request.catch(() => null));
      if (created?.ok || created?.error.code === 'TOPIC_ALREADY_EXISTS') return;
      await this.sleep(500);
    }
  }
}

const covers = (plan: MemberPlan, topic: string): boolean => plan.wish.subscription.topics.includes(topic);
