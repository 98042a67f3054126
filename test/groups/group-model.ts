import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GroupWorld, sessionTimeoutMs } from './group-world.ts';

type Action =
  | { readonly do: 'send'; readonly program: number; readonly isReport: boolean }
  | { readonly do: 'crash' | 'give-back'; readonly program: number }
  | { readonly do: 'deliver'; readonly pick: number; readonly isKept: boolean }
  | { readonly do: 'receive'; readonly pick: number; readonly isLost: boolean }
  | { readonly do: 'leave'; readonly program: number; readonly isAway: boolean }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'grow'; readonly partitions: number }
  | { readonly do: 'recreate' | 'restart' };

/** Two members of their own, a static one and its successor, two programs that go by one id, and two Kafka clients. */
const programs = [
  { memberId: 'a', instanceId: null, assignor: null, reports: false },
  { memberId: 'kafka', instanceId: null, assignor: null, reports: true },
  { memberId: 'c', instanceId: 'static-c', assignor: 'uniform', reports: false },
  { memberId: 'c2', instanceId: 'static-c', assignor: 'uniform', reports: false },
  { memberId: 'b', instanceId: null, assignor: 'range', reports: false },
  { memberId: 'twin', instanceId: null, assignor: null, reports: false },
  { memberId: 'twin', instanceId: null, assignor: null, reports: false },
  { memberId: 'kafka-2', instanceId: 'static-kafka', assignor: 'range', reports: true },
] as const;

const program = fc.nat({ max: programs.length - 1 });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant('send' as const), program, isReport: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('give-back' as const), program }) },
  {
    weight: 16,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), pick: fc.nat(), isKept: fc.boolean() }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('receive' as const), pick: fc.nat(), isLost: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), program }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), program, isAway: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: sessionTimeoutMs }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const), partitions: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.constantFrom<Action>({ do: 'recreate' }, { do: 'restart' }) },
);

const topicNames = ['flights', 'not-there-yet'];

async function run(world: GroupWorld, step: Action): Promise<void> {
  if ('program' in step && step.program >= world.programs.length) return;
  switch (step.do) {
    case 'send':
      return world.send(step.program, topicNames, step.isReport);
    case 'give-back':
      return world.giveBack(step.program);
    case 'deliver':
      return world.deliver(step.pick, step.isKept);
    case 'receive':
      return world.receive(step.pick, step.isLost);
    case 'crash':
      return world.crash(step.program);
    case 'leave':
      return world.leave(step.program, step.isAway);
    case 'pass':
      return world.pass(step.ms);
    case 'grow':
      world.topics.set('flights', step.partitions);
      return;
    case 'recreate':
      world.topics.delete('flights');
      world.topics.set('flights', 3);
      return;
    case 'restart':
      return world.restart();
  }
}

/** Any group, any history of faults: one holder a partition, no stale commit, and rest once nothing goes wrong any more. */
export const groupModel = fc.asyncProperty(
  fc.integer({ min: 1, max: 7 }),
  fc.integer({ min: 1, max: programs.length }),
  fc.array(action, { maxLength: 120, size: 'max' }),
  holdsAndRests,
);

async function holdsAndRests(partitions: number, programCount: number, steps: readonly Action[]): Promise<void> {
  const world = new GroupWorld(programs.slice(0, programCount), partitions);
  for (const step of steps) await run(world, step);

  // From here on nothing goes wrong any more: of each id one program is left.
  for (const double of [3, 6]) if (double < programCount) world.programs[double]!.isRunning = false;
  await world.settle(topicNames);
  await world.heartbeatTwice(topicNames);
  const described = await world.describe();
  const running = world.programs.filter(({ isRunning }) => isRunning).map(({ memberId }) => memberId);
  if (!described.ok) {
    assert.deepEqual(running, []);
    return;
  }
  const group = described.value;
  assert.equal(group.state, running.length === 0 ? 'empty' : 'stable', 'I-3f: the group comes to rest');
  const members = group.members.map(({ memberId }) => memberId);
  assert.deepEqual(members.sort(), running.sort(), 'I-3f: those that run are members, and nobody else');
  const given = group.members.flatMap(({ assigned }) =>
    assigned.map(({ topic, partition }) => `${topic}/${partition}`),
  );
  const flights = world.topics.all.find(({ topic }) => topic === 'flights')!;
  const all = Array.from({ length: flights.partitionCount }, (_, partition) => `flights/${partition}`);
  assert.deepEqual(given.sort(), running.length === 0 ? [] : all, 'I-3d: every partition has a reader');
}
