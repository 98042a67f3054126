import type { BenchContext } from '../bench-context.ts';
import { fastDoorPath, jsonValue, recordFrame } from '../payloads.ts';
import { benchmarkXadd, isRedisInstalled, startRedis } from '../peers/redis.ts';
import { type Contender, interleave } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

const redisConnections = 64;
const redisName = `Redis XADD, fsync always, ${redisConnections} connections`;
const unit = 'records/s';

/** One record a frame over one socket, pipelined: what group commit and coalesced acks are for. */
export const fastDoorSingle: Suite = {
  name: 'ws-single',
  about: 'the fast door, one 100 B record a frame, 1, 64 and 512 in flight; Redis streams with appendfsync always',
  async run(context) {
    const contenders: Record<string, Contender> = {
      'window 1': await produce(context, 1),
      'window 64': await produce(context, 64),
      'window 512': await produce(context, 512),
    };
    const hasRedis = isRedisInstalled();
    if (hasRedis) contenders[redisName] = await addToRedis(context);
    context.say('WebSocket, one record a frame');
    const rounds = await interleave(contenders, context.effort.rounds);
    const peer = { unit, against: redisName, note: hasRedis ? undefined : 'Redis is not installed' };
    return [
      row('WebSocket produce, 1 x 100 B, 1 in flight', rounds, 'window 1', { unit }),
      row('WebSocket produce, 1 x 100 B, 64 in flight', rounds, 'window 64', { ...peer, target: ratioOfAtLeast(1, 2) }),
      row('WebSocket produce, 1 x 100 B, 512 in flight', rounds, 'window 512', peer),
    ];
  },
};

async function produce(context: BenchContext, inFlight: number): Promise<Contender> {
  const server = await context.platform('platform');
  const path = fastDoorPath(await context.createTopic(server));
  const frame = recordFrame(jsonValue(100));
  return () => measure(context, { kind: 'websocket', port: server.port, path, frame, inFlight }, server);
}

async function addToRedis(context: BenchContext): Promise<Contender> {
  const server = await context.server('redis', () => startRedis(context.directory));
  return () => benchmarkXadd(server.port, redisConnections, context.effort.windowMs);
}
