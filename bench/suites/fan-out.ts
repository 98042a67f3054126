import { batchFrame, batchOf, fastDoorPath, jsonValue } from '../payloads.ts';
import { interleave } from '../rounds.ts';
import { measure, row, type Suite } from '../suite.ts';

const subscribers = 1_000;
const recordsPerFrame = 100;
/** Frames on their way to the subscribers: enough that the partition always has the next one. */
const inFlight = 4;

/** One partition's flushes to many sockets. */
export const fanOut: Suite = {
  name: 'fan-out',
  about: `${subscribers} subscribers of one partition on the fast door, frames of ${recordsPerFrame} x 100 B`,
  async run(context) {
    const server = await context.platform('platform');
    const path = fastDoorPath(await context.createTopic(server));
    const frame = batchFrame(batchOf(recordsPerFrame, jsonValue(100)));
    const { port } = server;
    const job = { kind: 'fan-out', port, path, subscribers, frame, recordsPerFrame, inFlight } as const;
    context.say(`${subscribers} subscribers`);
    // Closed sockets keep their file descriptors until the runtime collects garbage, so one round is enough of them.
    const rounds = await interleave({ delivered: () => measure(context, job, server) }, 1);
    return [
      row(`${subscribers} subscribers, frames of ${recordsPerFrame} x 100 B`, rounds, 'delivered', {
        unit: 'records/s',
        target: { of: 'value', reach: 2_000_000, aim: 4_000_000, better: 'more' },
      }),
    ];
  },
};
