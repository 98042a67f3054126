import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import {
  checkClassicCommit,
  heartbeatClassic,
  leaveClassicGroup,
  syncClassicGroup,
} from '../../../src/groups/classic/classic-calls.ts';
import { joinClassicGroup } from '../../../src/groups/classic/classic-join.ts';
import { type ClassicState, emptyClassicGroup } from '../../../src/groups/classic/classic-state.ts';
import { ClassicStore } from '../../../src/groups/classic/classic-store.ts';
import { passTime, removeClassicMembers } from '../../../src/groups/classic/rebalance.ts';
import { groupMigrations } from '../../../src/groups/group-schema.ts';
import { NodeSqlStore } from '../../../src/platform/memory/node-sql-store.ts';
import { createSchema } from '../../../src/platform/migrations.ts';
import { joinOf, subscriptionTo } from './members.ts';

const partitions = 7;

/** A program that consumes, as Kafka's clients do: what it knows is what answers told it. */
type Program = {
  readonly instanceId: string | null;
  /** Empty until it joined, and after it was told that nobody knows it. */
  memberId: string;
  generationId: number;
  /** Whom it was told to assign to, while it leads. */
  told: readonly string[];
  /** What it may read; null while it has no assignment of its generation. */
  assigned: readonly number[] | null;
};

type Step =
  | { readonly kind: 'join' | 'sync' | 'heartbeat' | 'leave' | 'commit' | 'forget' | 'silence'; readonly at: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'restart' };

/** A group, its rows and the programs around it; the invariants are checked with every step. */
class World {
  nowMs = 1_000_000;
  state: ClassicState = emptyClassicGroup;
  readonly programs: Program[];
  readonly #sql = new NodeSqlStore();
  readonly #store = new ClassicStore(this.#sql);
  #ids = 0;

  constructor(instanceIds: readonly (string | null)[]) {
    this.programs = instanceIds.map((instanceId) => ({
      instanceId,
      memberId: '',
      generationId: -1,
      told: [],
      assigned: null,
    }));
    createSchema(this.#sql, groupMigrations);
  }

  take(step: Step): void {
    if (step.kind === 'pass') {
      this.nowMs += step.ms;
      this.#become(passTime(this.state, this.nowMs));
    } else if (step.kind === 'restart') {
      const loaded = this.#store.load();
      assert.deepEqual(persistent(loaded), persistent(this.state));
      this.state = loaded;
    } else {
      this.#call(this.programs[step.at % this.programs.length]!, step.kind);
    }
    this.#check();
  }

  #call(program: Program, kind: Exclude<Step['kind'], 'pass' | 'restart'>): void {
    if (kind === 'join') this.join(program);
    else if (kind === 'sync') this.sync(program);
    else if (kind === 'heartbeat') this.heartbeat(program);
    else if (kind === 'commit') this.#commit(program);
    else if (kind === 'silence') this.#become(removeClassicMembers(this.state, [program.memberId], this.nowMs));
    else if (kind === 'leave') {
      const leavers = [{ memberId: program.memberId, instanceId: null }];
      this.#become(leaveClassicGroup(this.state, leavers, this.nowMs).state);
      forget(program);
    } else forget(program);
  }

  join(program: Program): void {
    const isNew = program.memberId === '';
    if (isNew) program.memberId = `member-${++this.#ids}`;
    program.assigned = null;
    const { memberId, instanceId } = program;
    const protocols = [{ name: 'range', metadata: subscriptionTo('orders') }];
    const join = joinOf(memberId, { isNew, isIdFirst: false, instanceId, protocols, maySkipAssignment: false });
    const joined = joinClassicGroup(this.state, join, this.nowMs);
    if (!joined.ok) {
      forget(program);
      return;
    }
    this.#become(joined.value.state);
    const { reply } = joined.value;
    if (reply === null) return;
    program.generationId = reply.generationId;
    program.told = reply.leaderId === memberId ? reply.members.map((member) => member.memberId) : [];
  }

  sync(program: Program): void {
    const { memberId, instanceId, generationId, told } = program;
    const assignments = told.map((to, at) => ({ memberId: to, assignment: shareOf(at, told.length) }));
    const claim = { memberId, instanceId, generationId, protocolType: 'consumer', protocolName: 'range' };
    const synced = syncClassicGroup(this.state, { ...claim, assignments }, this.nowMs);
    if (!synced.ok) {
      this.#refused(program, synced.error.code);
      return;
    }
    this.#become(synced.value.state);
    if (synced.value.reply !== null) program.assigned = [...synced.value.reply.assignment];
  }

  heartbeat(program: Program): void {
    const { memberId, instanceId, generationId } = program;
    const beaten = heartbeatClassic(this.state, { memberId, instanceId, generationId }, this.nowMs);
    if (!beaten.ok) {
      this.#refused(program, beaten.error.code);
      return;
    }
    this.#become(beaten.value);
    if (beaten.value.phase === 'preparing') this.join(program);
  }

  #commit(program: Program): void {
    const { memberId, instanceId, generationId, assigned } = program;
    const allowed = checkClassicCommit(this.state, { memberId, instanceId, generationId });
    if (!allowed.ok) return;
    assert.equal(generationId, this.state.generationId);
    assert.ok(this.state.members.has(memberId) && (assigned === null || this.state.phase !== 'completing'));
  }

  #refused(program: Program, code: string): void {
    if (code === 'REBALANCE_IN_PROGRESS' || code === 'ILLEGAL_GENERATION') program.assigned = null;
    else forget(program);
  }

  #become(next: ClassicState): void {
    assert.ok(next.generationId >= this.state.generationId, 'generations never go back');
    this.#sql.transaction(() => this.#store.save(this.state, next));
    this.state = next;
  }

  #check(): void {
    const { phase, members, leaderId, protocolName, generationId } = this.state;
    assert.equal(phase === 'empty', members.size === 0);
    if (members.size > 0) assert.ok(leaderId !== null && members.has(leaderId));
    if (phase === 'stable' || phase === 'completing') assert.equal(protocolName, 'range');
    const held = this.programs
      .filter((program) => program.generationId === generationId && members.has(program.memberId))
      .flatMap(({ assigned }) => assigned ?? []);
    assert.equal(new Set(held).size, held.length, 'a partition is with one member of a generation');
  }
}

/** What is stored of a state; a generation under way is begun anew. */
const persistent = ({ phase, generationId, protocolType, protocolName, leaderId, members }: ClassicState) => ({
  phase: phase === 'completing' ? 'preparing' : phase,
  ...{ generationId, protocolType, protocolName, leaderId },
  members: new Map(
    [...members]
      .map(([id, { isJoining: _j, hasSynced: _s, ...stored }]) => [id, stored] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  ),
});

/** The partitions of one of so many members. */
function shareOf(at: number, count: number): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: partitions }, (_, index) => index).filter((index) => index % count === at),
  );
}

function forget(program: Program): void {
  program.memberId = '';
  program.generationId = -1;
  program.told = [];
  program.assigned = null;
}

const at = fc.nat(9);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), at }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('sync' as const), at }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), at }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'forget', 'silence', 'commit'), at }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 600, 31_000) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  ),
  { maxLength: 80 },
);
const instanceIds = fc.constantFrom([null, null, null], [null, 'rack-1', 'rack-2', null], ['rack-1', 'rack-1', null]);

test('no order of calls, losses, restarts and silences has two members of a generation read one partition', () => {
  fc.assert(
    fc.property(instanceIds, steps, (instances, taken) => {
      const world = new World(instances);
      for (const step of taken as Step[]) world.take(step);
    }),
    { numRuns: 1_000 },
  );
});

test('once nothing is lost any more, all programs are in one generation that reads every partition', () => {
  fc.assert(
    fc.property(fc.constantFrom([null, null, null], [null, 'rack-1', 'rack-2']), steps, (instances, taken) => {
      const world = new World(instances);
      for (const step of taken as Step[]) world.take(step);
      settle(world);
      const { state, programs } = world;
      assert.equal(state.phase, 'stable');
      assert.deepEqual(new Set(state.members.keys()), new Set(programs.map(({ memberId }) => memberId)));
      assert.deepEqual(
        programs.flatMap(({ assigned }) => assigned ?? []).sort((one, other) => one - other),
        Array.from({ length: partitions }, (_, index) => index),
      );
    }),
    { numRuns: 500 },
  );
});

/** Programs call as clients do, members that nobody is any more fall silent, and time passes. */
function settle(world: World): void {
  for (let round = 0; round < 20; round += 1) {
    const alive = new Set(world.programs.map(({ memberId }) => memberId));
    const silent = [...world.state.members.keys()].filter((memberId) => !alive.has(memberId));
    world.state = removeClassicMembers(world.state, silent, world.nowMs);
    for (const program of world.programs) {
      if (program.memberId === '' || world.state.phase === 'preparing') world.join(program);
      else world.heartbeat(program);
    }
    world.take({ kind: 'pass', ms: 600 });
    for (const program of world.programs) if (program.assigned === null) world.join(program);
    world.take({ kind: 'pass', ms: 600 });
    for (let twice = 0; twice < 2; twice += 1) for (const program of world.programs) world.sync(program);
  }
}
