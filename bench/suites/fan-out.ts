import type { BenchContext } from '../bench-context.ts';
import { batchFrame, batchOf, fastDoorPath, jsonValue } from '../payloads.ts';
import { type Contender, interleave, medianOf } from '../rounds.ts';
import { measure, row, type Suite } from '../suite.ts';

const subscribers = 1_000;
const recordsPerFrame = 100;
const target = { of: 'value', reach: 2_000_000, aim: 4_000_000, better: 'more' } as const;

/** One partition's flushes to many sockets. */
export const fanOut: Suite = {
  name: 'fan-out',
  about: `${subscribers} subscribers of one partition on the fast door, frames of ${recordsPerFrame} x 100 B`,
  async run(context) {
    // One frame on its way reaches every subscriber as it was sent; several share a flush and so a frame.
    const contenders: Record<string, Contender> = {
      '1': await broadcast(context, 1),
      '4': await broadcast(context, 4),
    };
    context.say(`${subscribers} subscribers`);
    // Closed sockets keep their file descriptors until the runtime collects garbage, so one round is enough of them.
    const rounds = await interleave(contenders, 1);
    return Object.keys(contenders).map((inFlight) => {
      const recordsEach = Math.round(medianOf(rounds, inFlight, 'answersEach'));
      return row(
        `${subscribers} subscribers, frames of ${recordsPerFrame} x 100 B, ${inFlight} in flight`,
        rounds,
        inFlight,
        {
          unit: 'records/s',
          target: inFlight === '1' ? target : undefined,
          note: `${recordsEach} records a delivered frame`,
        },
      );
    });
  },
};

async function broadcast(context: BenchContext, inFlight: number): Promise<Contender> {
  const server = await context.platform('platform');
  const path = fastDoorPath(await context.createTopic(server));
  const frame = batchFrame(batchOf(recordsPerFrame, jsonValue(100)));
  const job = { kind: 'fan-out', port: server.port, path, subscribers, frame, recordsPerFrame, inFlight } as const;
  return () => measure(context, job, server);
}
