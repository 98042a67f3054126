import { partitionListSchema, positionsRequestSchema } from '../../../contracts/rest-proxy-v2.ts';
import { failed, ok, type Result } from '../../../errors/result.ts';
import type { InstancePosition } from '../../../groups/instances/consumer-instance.ts';
import type { ReadFrom } from '../../../log/partition-rpc.ts';
import { emptyRestAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { parseRfc3339 } from '../rfc3339.ts';
import { instanceOf, namedPartitions, readConsumerBody } from './instance-call.ts';

type Place = { readonly topic: string; readonly partition: number; readonly from: ReadFrom };

const setPositions: RestHandler = async (call) => {
  const body = await readConsumerBody(call, positionsRequestSchema);
  if (!body.ok) return body;
  const places: Place[] = (body.value.offsets ?? []).map(({ topic, partition, offset }) => ({
    topic,
    partition,
    from: { offset },
  }));
  for (const { topic, partition, timestamp } of body.value.timestamps ?? []) {
    const timestampMs = typeof timestamp === 'number' ? timestamp : parseRfc3339(timestamp);
    if (timestampMs === null || timestampMs < 0) {
      return failed('INVALID_REQUEST', `timestamp of partition ${partition} of ${topic} is no ISO 8601 date-time.`);
    }
    places.push({ topic, partition, from: { timestampMs } });
  }
  return seek(call, places);
};

/** Seeks to where each partition begins or ends now. */
const seekTo =
  (from: 'earliest' | 'latest'): RestHandler =>
  async (call) => {
    const body = await readConsumerBody(call, partitionListSchema);
    if (!body.ok) return body;
    return seek(
      call,
      body.value.partitions.map((place) => ({ ...place, from })),
    );
  };

export const positionHandlers = {
  setPositions,
  seekToBeginning: seekTo('earliest'),
  seekToEnd: seekTo('latest'),
} as const;

async function seek(call: RestCall, places: readonly Place[]): Promise<Result<Response>> {
  const positions = await positionsOf(call, places);
  if (!positions.ok) return positions;
  const command = { kind: 'seek', positions: positions.value } as const;
  const sought = await call.services.groups.instances.call(instanceOf(call), command);
  return sought.ok ? emptyRestAnswer() : sought;
}

/** An offset that is given is taken as it is, as far as there is one: OFFSET_OUT_OF_RANGE says so at once. */
async function positionsOf(call: RestCall, places: readonly Place[]): Promise<Result<InstancePosition[]>> {
  const { instances, ends } = call.services.groups;
  const named = await namedPartitions(call, places);
  if (!named.ok) return named;
  const given = named.value.flatMap(({ from, ...place }) =>
    typeof from === 'object' && 'offset' in from ? [{ ...place, offset: from.offset }] : [],
  );
  const commits = given.map((place) => ({ ...place, metadata: '', leaderEpoch: -1 }));
  const [beyond] = (await ends.check(commits)).refused;
  if (beyond !== undefined) return { ok: false, error: beyond.failure };
  const looked = named.value.filter(({ from }) => typeof from === 'string' || !('offset' in from));
  const found = await instances.offsetsOf(looked);
  return found.ok ? ok([...given, ...found.value]) : found;
}
