import assert from 'node:assert/strict';
import type { Result } from '../../src/errors/result.ts';
import { partitionKey } from '../../src/groups/assignors/assignor.ts';
import type { AssignorName } from '../../src/groups/assignors/assignors.ts';
import type { HeartbeatReply, HeartbeatRequest } from '../../src/groups/group-rpc.ts';
import { subscriptionOf } from '../../src/groups/member-wish.ts';
import type { Held } from '../../src/groups/membership.ts';
import { MemoryGroups } from '../support/memory-groups.ts';
import { MemoryTopics } from '../support/memory-topics.ts';

export const groupRef = { orgId: 'local', clusterId: 'local', groupId: 'model' };

export const sessionTimeoutMs = 6_000;

/** A program that consumes: what it knows is what answers told it. */
type Program = {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly assignor: AssignorName | null;
  /** Whether it calls while it still gives back, and reports what it holds, as Kafka's clients do. */
  readonly reports: boolean;
  isRunning: boolean;
  memberEpoch: number;
  /** What it may read, by topic and partition, and how far it has come. One that reports reads on until it gives back. */
  positions: Positions;
  /** The call whose answer it waits for, if it reports: answers on a connection come to the newest call, and once. */
  awaited: Call | null;
  /** What it was last told to be its own. */
  assigned: ReadonlySet<string>;
  /** What was just taken back, and is committed once more with the next call. */
  revoked: Positions;
};

type Positions = Map<string, { topic: string; partition: number; offset: number }>;

type Call = { readonly program: number; readonly request: HeartbeatRequest };
type Answer = { readonly call: Call; readonly reply: Result<HeartbeatReply> };

type MemberRow = {
  member_id: string;
  member_epoch: number;
  previous_epoch: number | null;
  assigned: string;
  revoking: string;
};

/** What the object has stored about who holds what: partition key to member and the epoch of the grant. */
type Holding = { readonly memberId: string; readonly grantedEpoch: number };

/**
 * A group with programs around it, and a network in which every call and answer may be lost, delayed, doubled and
 * overtaken. After each step the invariants are checked on what is stored.
 */
export class GroupWorld {
  nowMs = 1_790_000_000_000;
  readonly topics = new MemoryTopics();
  readonly programs: Program[];
  readonly calls: Call[] = [];
  readonly answers: Answer[] = [];
  readonly #groups = new MemoryGroups({ clock: { nowMs: () => this.nowMs }, catalog: () => this.topics.catalog });
  readonly #highestEpoch = new Map<string, number>();
  #highestGroupEpoch = 0;
  #nextOffset = 1;
  #offsets = new Map<string, number>();

  constructor(
    programs: readonly Pick<Program, 'memberId' | 'instanceId' | 'assignor' | 'reports'>[],
    partitions: number,
  ) {
    this.programs = programs.map((program) => ({
      ...program,
      isRunning: true,
      memberEpoch: 0,
      positions: new Map(),
      awaited: null,
      assigned: new Set(),
      revoked: new Map(),
    }));
    this.topics.set('flights', partitions);
  }

  get #service() {
    return this.#groups.service(groupRef);
  }

  /** A program makes a call: it commits what it has dealt with since. One that reports may do so, or say nothing new. */
  send(index: number, topicNames: readonly string[], isReport = true): void {
    const program = this.programs[index]!;
    if (!program.isRunning) return;
    const commits = [...program.positions.values(), ...program.revoked.values()].map((position) => {
      position.offset = this.#nextOffset++;
      return { ...position, metadata: '', leaderEpoch: -1 };
    });
    const wish = {
      subscription: subscriptionOf(topicNames, null),
      assignor: program.assignor,
      sessionTimeoutMs,
      rebalanceTimeoutMs: 2 * sessionTimeoutMs,
    };
    const { memberId, instanceId, memberEpoch } = program;
    const request = { ref: groupRef, memberId, instanceId, memberEpoch, wish, clientId: '', relay: null };
    const held: Held = isReport || memberEpoch === 0 ? [...program.positions.keys()] : 'as-before';
    const reported = program.reports ? { held } : {};
    const call = { program: index, request: { ...request, commits, mayRejoin: !program.reports, ...reported } };
    program.awaited = call;
    this.calls.push(call);
  }

  /** A program that reports lets go of what it was told to give back, and will say so. */
  giveBack(index: number): void {
    const program = this.programs[index]!;
    program.positions = new Map([...program.positions].filter(([key]) => program.assigned.has(key)));
  }

  /** One of the calls under way arrives; it may arrive again when it is kept. */
  async deliver(pick: number, isKept: boolean): Promise<void> {
    const at = chosen(pick, this.calls.length);
    const call = this.calls[at];
    if (call === undefined) return;
    if (!isKept) this.calls.splice(at, 1);
    const before = this.#holdings();
    const reply = await this.#service.heartbeat(call.request);
    this.#checkCommits(call.request, before);
    this.answers.push({ call, reply });
    if (reply.ok) this.#checkEpoch(call.request, reply.value);
    this.checkInvariants();
  }

  /** One of the answers under way arrives, or is lost. */
  receive(pick: number, isLost: boolean): void {
    const at = chosen(pick, this.answers.length);
    const answer = this.answers[at];
    if (answer === undefined) return;
    this.answers.splice(at, 1);
    const program = this.programs[answer.call.program]!;
    const isAwaited = !program.reports || program.awaited === answer.call;
    if (isLost || !program.isRunning || !isAwaited) return;
    program.awaited = null;
    take(program, answer.reply);
  }

  /** The program dies without a word; another one may come up under the same ids later. */
  crash(index: number): void {
    const program = this.programs[index]!;
    program.isRunning = !program.isRunning;
    forget(program);
  }

  async leave(index: number, isAway: boolean): Promise<void> {
    const program = this.programs[index]!;
    const { memberId, instanceId, memberEpoch } = program;
    const claim = { memberId, instanceId, memberEpoch };
    await this.#service.leave({ ref: groupRef, claim, commits: [], isAway });
    program.isRunning = false;
    forget(program);
    this.checkInvariants();
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.#groups.runAlarms();
    this.checkInvariants();
  }

  restart(): void {
    this.#groups.restart(groupRef);
    this.checkInvariants();
  }

  /** No more faults: what is under way is lost, and running programs call in turn, again at once when told something. */
  async settle(topicNames: readonly string[]): Promise<void> {
    this.calls.length = 0;
    this.answers.length = 0;
    await this.#callAll(topicNames);
    // Whoever does not run is found out by its silence.
    for (let passed = 0; passed < 3 * sessionTimeoutMs; passed += sessionTimeoutMs / 3) {
      await this.pass(sessionTimeoutMs / 3);
      await this.#callAll(topicNames);
    }
  }

  /** Two heartbeats of every running program, with nothing changing any more. */
  async heartbeatTwice(topicNames: readonly string[]): Promise<void> {
    await this.#callAll(topicNames);
    await this.#callAll(topicNames);
  }

  async describe() {
    return this.#service.describe(groupRef);
  }

  checkInvariants(): void {
    this.#checkViews(this.#holdings());
    const [row] = this.#query<{ group_epoch: number }>('SELECT group_epoch FROM consumer_group');
    if (row === undefined) return;
    assert.ok(row.group_epoch >= this.#highestGroupEpoch, 'I-3c: the group epoch never falls');
    this.#highestGroupEpoch = row.group_epoch;
  }

  async #callAll(topicNames: readonly string[]): Promise<void> {
    for (const [index, program] of this.programs.entries()) {
      for (let call = 0; call < 3 && program.isRunning; call++) {
        const epoch = program.memberEpoch;
        this.giveBack(index);
        this.send(index, topicNames);
        // 1 picks the newest.
        await this.deliver(1, false);
        this.receive(1, false);
        if (program.memberEpoch === epoch) break;
      }
    }
  }

  /** Who holds each partition by what is stored, revocations that are not confirmed included. */
  #holdings(): Map<string, Holding> {
    const holdings = new Map<string, Holding>();
    for (const row of this.#query<MemberRow>('SELECT * FROM member')) {
      for (const list of [row.assigned, row.revoking]) {
        for (const [key, grantedEpoch] of JSON.parse(list) as [string, number][]) {
          const other = holdings.get(key);
          assert.equal(other, undefined, `I-3a: ${key} is with ${other?.memberId} and ${row.member_id}`);
          holdings.set(key, { memberId: row.member_id, grantedEpoch });
        }
      }
    }
    return holdings;
  }

  /** What a program that is not fenced believes to be its own, nobody else has. */
  #checkViews(holdings: ReadonlyMap<string, Holding>): void {
    const rows = new Map(this.#query<MemberRow>('SELECT * FROM member').map((row) => [row.member_id, row]));
    const speaking = new Set<string>();
    for (const { memberId, memberEpoch, positions, isRunning } of this.programs) {
      const row = rows.get(memberId);
      const isFenced = row?.member_epoch !== memberEpoch && row?.previous_epoch !== memberEpoch;
      if (!isRunning || isFenced) continue;
      assert.ok(!speaking.has(memberId), `I-3a: two programs may speak for ${memberId}`);
      speaking.add(memberId);
      for (const key of positions.keys()) {
        assert.equal(holdings.get(key)?.memberId, memberId, `I-3a: ${memberId} believes to have ${key}`);
      }
    }
  }

  /** Whatever a call changed in the offsets, it held before, since an epoch it knew. */
  #checkCommits(request: HeartbeatRequest, before: ReadonlyMap<string, Holding>): void {
    const rows = this.#query<{ topic_id: string; partition: number; offset: number }>('SELECT * FROM committed_offset');
    const after = new Map(rows.map((row) => [partitionKey(row.topic_id, row.partition), row.offset]));
    for (const [key, offset] of after) {
      if (this.#offsets.get(key) === offset) continue;
      const holding = before.get(key);
      assert.equal(holding?.memberId, request.memberId, `I-3b: ${key} was committed by who does not hold it`);
      assert.ok(
        (holding?.grantedEpoch ?? Number.POSITIVE_INFINITY) <= request.memberEpoch,
        `I-3b: ${key} was committed by an earlier tenure`,
      );
    }
    this.#offsets = after;
  }

  #checkEpoch(request: HeartbeatRequest, { memberId, memberEpoch, rejoinedAfter }: HeartbeatReply): void {
    const highest = this.#highestEpoch.get(memberId) ?? 0;
    const isNewTenure = request.memberEpoch === 0 || rejoinedAfter !== null;
    const least = isNewTenure ? highest + 1 : highest;
    assert.ok(memberEpoch >= least, `I-3c: the epoch of ${memberId} never falls`);
    this.#highestEpoch.set(memberId, memberEpoch);
  }

  #query<Row extends Record<string, string | number | null>>(statement: string): Row[] {
    const sql = this.#groups.sql(groupRef);
    const hasTables = sql.query("SELECT 1 AS found FROM sqlite_master WHERE name = 'consumer_group'").length > 0;
    return hasTables ? sql.query<Row>(statement) : [];
  }
}

/** Mostly one of the newest under way, so that calls come twice in a row; now and then any. */
function chosen(pick: number, count: number): number {
  if (count === 0) return 0;
  return pick % 3 === 0 ? (pick / 3) % count : count - 1 - (Math.floor(pick / 3) % Math.min(count, 3));
}

/** What a program does with an answer: it never goes back to an older one, and starts anew when it is fenced. */
function take(program: Program, reply: Result<HeartbeatReply>): void {
  if (!reply.ok) {
    const mustJoin = ['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'GROUP_ID_NOT_FOUND'].includes(reply.error.code);
    if (mustJoin) forget(program);
    return;
  }
  const { memberEpoch, assigned } = reply.value;
  if (memberEpoch < program.memberEpoch) return;
  program.memberEpoch = memberEpoch;
  const before = program.positions;
  const told: Positions = new Map(
    assigned.map(({ topic, topicId, partition, offset }) => [
      partitionKey(topicId, partition),
      { topic, partition, offset: offset ?? 0 },
    ]),
  );
  program.assigned = new Set(told.keys());
  program.positions = program.reports ? new Map([...before, ...told]) : told;
  program.revoked = new Map([...before].filter(([key]) => !program.positions.has(key)));
}

function forget(program: Program): void {
  program.memberEpoch = 0;
  program.positions = new Map();
  program.assigned = new Set();
  program.revoked = new Map();
}
