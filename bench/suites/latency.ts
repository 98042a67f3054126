import type { BenchContext } from '../bench-context.ts';
import { measureSync } from '../machine.ts';
import type { Outcome } from '../outcome.ts';
import { fastDoorPath, jsonValue, recordFrame } from '../payloads.ts';
import { type Contender, interleave, medianOf } from '../rounds.ts';
import { measure, row, type Suite } from '../suite.ts';

/** What the issue allows above the disk's own sync. */
const aimAboveSyncMs = 0.2;
const reachMs = 1;
const syncName = 'fdatasync';

/** From the send of a record to its arrival at a subscriber, nothing else going on. */
export const latency: Suite = {
  name: 'latency',
  about: 'produce to WebSocket subscriber, one record at a time, over the fast door and over the JSON door',
  async run(context) {
    const contenders: Record<string, Contender> = {
      [syncName]: async () => ({ p50Ms: measureSync(context.directory).percentileMs(50) }),
      'fast door': await binary(context),
      'JSON door': await json(context),
    };
    context.say('produce-to-subscriber latency');
    const rounds = await interleave(contenders, context.effort.rounds);
    const aim = medianOf(rounds, syncName, 'p50Ms') + aimAboveSyncMs;
    const outcome = (name: string): Outcome =>
      row(`produce to subscriber, idle, p50, ${name}`, rounds, name, {
        unit: 'ms',
        figure: 'p50Ms',
        against: syncName,
        target: { of: 'value', reach: reachMs, aim, better: 'less' },
      });
    return [outcome('fast door'), outcome('JSON door')];
  },
};

async function binary(context: BenchContext): Promise<Contender> {
  const server = await context.platform('platform');
  const topic = await context.createTopic(server);
  const frame = recordFrame(jsonValue(100));
  const job = { kind: 'latency', port: server.port, path: fastDoorPath(topic), topic, door: 'binary', frame } as const;
  return () => measure(context, job, server);
}

async function json(context: BenchContext): Promise<Contender> {
  const server = await context.platform('platform');
  const topic = await context.createTopic(server);
  const records = [{ value: 'x'.repeat(98) }];
  const frame = JSON.stringify({ type: 'produce', id: 'p', topic, records });
  const job = {
    kind: 'latency',
    port: server.port,
    path: `/v1/topics/${topic}/ws`,
    topic,
    door: 'json',
    frame,
  } as const;
  return () => measure(context, job, server);
}
