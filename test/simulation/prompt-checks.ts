import type { SimulatedWorld } from './simulated-world.ts';
import { RelaySubscriber } from './workload/relay-subscriber.ts';
import type { Workload } from './workload/start-workload.ts';

/**
 * Virtual time in which everything must have reached its subscribers once nothing fails any more: alarms that were drawn
 * late come 20 s late, upkeep 5 s after the last flush, and a subscription that hangs begins anew after 10 s.
 */
export const promptMs = 60_000;

/**
 * Liveness without the sweep, which would make up for everything within a day: what was acknowledged under faults is with
 * every subscriber soon; of an added partition too, once the topic's first one was appended to (docs/websocket.md). Only
 * where no alarm is lost.
 */
export function checkPromptness(world: SimulatedWorld, workload: Workload): void {
  for (const client of workload.clients) {
    if (!(client instanceof RelaySubscriber) || !client.isRunning || client.hasEnded) continue;
    for (const [key, end] of workload.topics.ackedEnds) {
      const [topicId, partition] = key.split('/');
      if (topicId !== client.topicId) continue;
      const next = client.reached(Number(partition));
      if (next === -1 && !workload.topics.mustBeFollowed(topicId, Number(partition))) continue;
      world.sometimes('subscriber held to promptness');
      if (next >= end) continue;
      const reached = next === -1 ? 'was never given it' : `has it up to ${next}`;
      world.violate(
        `liveness: ${key} had reached ${end}, but ${client.name} ${reached} ${promptMs} ms after the faults`,
      );
    }
  }
}
