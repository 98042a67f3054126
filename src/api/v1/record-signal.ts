import type { UntilRecords } from '../../gateway/group-consumer.ts';
import type { FetchStart } from '../../gateway/group-fetch.ts';
import { limits } from '../../limits.ts';
import type { RelayDoor } from '../../relay/ports.ts';

/** When records cannot be waited for (a relay is full, or too many topics), the caller looks again after this long. */
const lookAgainMs = 1_000;

/** Enough for one frame, which is all that is waited for. */
const oneFrameCredit = 1;

/**
 * Waits for the first record of any of a member's partitions on a socket to a relay, which hears of every append: one
 * socket however many partitions, held by the Worker, so that neither they nor the group are kept awake.
 */
export function relaySignal(relays: RelayDoor): UntilRecords {
  return async (starts, waitMs) => {
    if (starts.length === 0) return pause(waitMs);
    const answer = await relays.connect(new Request(handshakeUrl, handshake), null);
    const socket = answer.ok ? answer.value.webSocket : null;
    if (!socket) return pause(Math.min(waitMs, lookAgainMs));
    try {
      await firstFrame(socket, starts, waitMs);
    } finally {
      socket.close(1000, 'waited');
    }
  };
}

const handshakeUrl = 'http://edge/';
const handshake = { headers: { upgrade: 'websocket' } };

/** Resolves at the first frame that a read would have something for, at the socket's end, or when the time is up. */
async function firstFrame(socket: WebSocket, starts: readonly FetchStart[], waitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<'records' | 'lost'>();
  socket.addEventListener('message', ({ data }) => {
    const type = /^\{"type":"(\w+)"/.exec(String(data))?.[1];
    if (type === 'records' || type === 'gap') resolve('records');
    if (type === 'error') resolve('lost');
  });
  socket.addEventListener('close', () => resolve('lost'));
  socket.addEventListener('error', () => resolve('lost'));
  socket.accept();
  const byTopic = [...Map.groupBy(starts, ({ topic }) => topic)];
  for (const [index, [topic, partitions]] of byTopic.slice(0, limits.subscriptionsPerSocket.value).entries()) {
    socket.send(JSON.stringify(subscribeFrame(String(index), topic, partitions)));
  }
  const isWhole = byTopic.length <= limits.subscriptionsPerSocket.value;
  const outcome = await Promise.race([promise, pause(isWhole ? waitMs : Math.min(waitMs, lookAgainMs))]);
  // What went wrong is told by the read that follows; without a pause a caller would turn in circles.
  if (outcome === 'lost') await pause(Math.min(waitMs, lookAgainMs));
}

function subscribeFrame(id: string, topic: string, starts: readonly FetchStart[]) {
  const from = Object.fromEntries(starts.map(({ partition, from: offset }) => [partition, offset ?? 0]));
  const partitions = starts.map(({ partition }) => partition);
  return { type: 'subscribe', id, topic, partitions, from, credit: oneFrameCredit, as: 'base64' };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
