import type { Platform } from './simulated-platform.ts';
import type { Workload } from './workload/start-workload.ts';

/** How often chance decides about what may happen at any moment. */
const tickMs = 25;

/** Brings about the faults that strike at any moment, until the load ends. */
export function startGremlin(platform: Platform, workload: Workload, untilMs: number): void {
  const { world } = platform;
  const { random, queue } = world;
  const strike = () => {
    const { faults } = world;
    const share = tickMs / 1_000;
    for (const object of world.objects.values()) {
      if (object.life === null) continue;
      if (random.chance(faults.crashAnytime * share)) object.crash('of itself');
      if (random.chance(faults.eviction * share)) object.evict();
      if (random.chance(faults.clockJump * share)) object.jumpClock();
      for (const socket of [...object.sockets]) if (random.chance(faults.socketBreak * share)) socket.breakOff();
    }
    for (const edge of platform.edges) if (random.chance(faults.edgeCrash * share)) edge.crash();
    for (const client of workload.clients) if (random.chance(faults.clientDeath * share)) client.die();
    if (queue.nowMs + tickMs < untilMs) queue.after(tickMs, 'chance', strike);
  };
  queue.after(tickMs, 'chance', strike);
}
