import type { SeededRandom } from './seeded-random.ts';
import type { Accents } from './workload/emphasis.ts';

/** Every way in which a simulated world can fail, and how often at most: a probability an occasion, or a rate a second. */
const faultClasses = {
  /** The object dies when a call reaches it. */
  crashBeforeCall: { min: 0.0005, max: 0.02 },
  /** The object dies when a call was handled, before or after its writes are durable. */
  crashAfterCall: { min: 0.0005, max: 0.02 },
  /** The object dies around one of its own awaits: a commit, an alarm, a call of its own. */
  crashAtAwait: { min: 0.0002, max: 0.01 },
  /** Crashes a second and object, at any moment. */
  crashAnytime: { min: 0.005, max: 0.2 },
  /** The constructor's instance dies before it serves anything. */
  crashAtStart: { min: 0.005, max: 0.2 },
  requestLost: { min: 0.0005, max: 0.05 },
  replyLost: { min: 0.0005, max: 0.05 },
  /** A call arrives a second time, up to seconds later. */
  duplicateCall: { min: 0.0005, max: 0.05 },
  /** A call travels for seconds. */
  slowCall: { min: 0.001, max: 0.05 },
  overload: { min: 0.0005, max: 0.02 },
  alarmTwice: { min: 0.01, max: 0.3 },
  alarmEarly: { min: 0.01, max: 0.3 },
  alarmLate: { min: 0.01, max: 0.3 },
  /** An alarm never fires: only arming it once more brings one. */
  alarmLost: { min: 0.005, max: 0.2 },
  /** A crashed instance goes on answering from memory for a while; its storage is gone. */
  zombie: { min: 0.02, max: 0.5 },
  /** Storage throws for a moment, then the instance is reset. */
  storageThrows: { min: 0.00002, max: 0.002 },
  /** Once in the run, a write finds the storage full. */
  storageFull: { min: 0.00005, max: 0.005 },
  /** Jumps a second and object of its clock, within what the protocols allow for. */
  clockJump: { min: 0.01, max: 0.5 },
  /** The object leaves memory while idle; its sockets stay. */
  eviction: { min: 0.02, max: 0.5 },
  edgeCrash: { min: 0.005, max: 0.2 },
  socketBreak: { min: 0.01, max: 0.3 },
  /** A client stops for good, in the middle of whatever it does; a second. */
  clientDeath: { min: 0.005, max: 0.05 },
  /** The object store answers late, or not at all although the write landed. */
  blobTimeout: { min: 0.005, max: 0.2 },
  blobError: { min: 0.005, max: 0.1 },
} as const;

export type FaultClass = keyof typeof faultClasses;

export const allFaultClasses = Object.keys(faultClasses) as FaultClass[];

export type FaultPlan = Record<FaultClass, number>;

/**
 * Swarm testing: each seed has its own mix, most classes of it absent, since a fault that always comes hides those that
 * only show when it does not.
 */
export function drawFaultPlan(
  random: SeededRandom,
  disabled: ReadonlySet<string>,
  { faultsAtLeast, faultsLeftOut }: Accents,
): FaultPlan {
  const share = random.between(0.1, 0.9);
  const plan = {} as FaultPlan;
  for (const name of allFaultClasses) {
    const { min, max } = faultClasses[name];
    const isOn = random.chance(share);
    const rate = random.logarithmic(min, max);
    const isLeftOut = disabled.has(name) || faultsLeftOut.includes(name);
    plan[name] = isLeftOut ? 0 : Math.max(isOn ? rate : 0, faultsAtLeast[name] ?? 0);
  }
  return plan;
}

export function noFaults(): FaultPlan {
  return Object.fromEntries(allFaultClasses.map((name) => [name, 0])) as FaultPlan;
}
