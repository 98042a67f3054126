import { hasRecordKeyRules } from '../../authorization/record-key-rules.ts';
import { jsonSubprotocol } from '../../contracts/websocket.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { decodeResponse, encodePartitionRequest } from '../../gateway/internal-http.ts';
import { fastDoorProtocol } from '../../log/fast-door-frames.ts';
import { heldToKeys, holderOf } from '../../log/fast-session.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import type { ApiContext, Handler } from '../services.ts';
import { readPartition } from './records.ts';

export const webSocketHandlers = { topicSocket, clusterSocket, partitionSocket } as const satisfies Record<
  string,
  Handler
>;

/** The 101 of the object behind the door is returned as it is: the socket then never passes through the Worker. */
async function topicSocket(c: ApiContext): Promise<Response> {
  const handshake = checkPlainHandshake(c.req.raw, jsonSubprotocol);
  if (!handshake.ok) return problemAnswer(handshake.error, upgradeHeaders);
  const route = await c.env.routes.find(c.req.param('topic') ?? '');
  if (!route.ok) return problemAnswer(route.error);
  return relaySocket(c, route.value.topic);
}

async function clusterSocket(c: ApiContext): Promise<Response> {
  const handshake = checkPlainHandshake(c.req.raw, jsonSubprotocol);
  if (!handshake.ok) return problemAnswer(handshake.error, upgradeHeaders);
  return relaySocket(c, null);
}

async function relaySocket(c: ApiContext, topic: string | null): Promise<Response> {
  const answer = await c.env.relays.connect(c.req.raw, topic);
  return answer.ok ? answer.value : problemAnswer(answer.error);
}

async function partitionSocket(c: ApiContext): Promise<Response> {
  const handshake = checkPlainHandshake(c.req.raw, fastDoorProtocol);
  if (!handshake.ok) return problemAnswer(handshake.error, upgradeHeaders);
  const partition = readPartition(c.req.param('partition') ?? '');
  if (!partition.ok) return problemAnswer(partition.error);
  const opened = await openFastDoor(c, partition.value);
  return opened.ok ? opened.value : problemAnswer(opened.error);
}

async function openFastDoor(c: ApiContext, partition: number): Promise<Result<Response>> {
  const { principal, routes, partitions } = c.env;
  if (hasRecordKeyRules(principal)) return heldToKeys();
  const holder = holderOf(principal);
  if (!holder.ok) return holder;
  const route = await routes.find(c.req.param('topic') ?? '');
  if (!route.ok) return route;
  const { topic, partitionCount } = route.value;
  if (partition >= partitionCount) {
    return failed(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Topic "${topic}" has no partition ${partition}; its partitions are 0 to ${partitionCount - 1}.`,
      { partition, partitions: partitionCount },
    );
  }
  return partitions.call(
    route.value,
    partition,
    async (stub, ref, configVersion) => {
      const message = { verb: 'socket', ref, configVersion, holder: holder.value } as const;
      return decodeResponse(await stub.fetch(encodePartitionRequest(message, c.req.raw)));
    },
    { repeatable: true },
  );
}

export const upgradeHeaders = { upgrade: 'websocket', connection: 'Upgrade' };

/** A WebSocket handshake for this subprotocol, without a query. */
function checkPlainHandshake(request: Request, subprotocol: string): Result<null> {
  const handshake = checkHandshake(request, subprotocol);
  if (!handshake.ok) return handshake;
  const query = readQuery(request.url, {});
  return query.ok ? ok(null) : query;
}

/** A WebSocket handshake for this subprotocol. */
export function checkHandshake(request: Request, subprotocol: string): Result<null> {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    return failed('UPGRADE_REQUIRED', `This is a WebSocket door: connect with the subprotocol ${subprotocol}.`);
  }
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(subprotocol)) {
    return failed('INVALID_REQUEST', `This door speaks the subprotocol ${subprotocol}; offer it in the handshake.`, {
      subprotocol,
    });
  }
  return ok(null);
}
