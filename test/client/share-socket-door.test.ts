import { describe, expect, it } from 'vitest';
import { SocketShareDoor } from '../../src/client/share-socket-door.ts';
import { type MemoryWebSocket, memoryWebSockets } from './memory-web-socket.ts';

const member = { group: 'crew', memberId: 'w1', topics: ['jobs'], maxRecords: 3 };

function door() {
  const { WebSocket, made } = memoryWebSockets();
  return { door: new SocketShareDoor('http://platform', WebSocket, member), made };
}

const say = (socket: MemoryWebSocket, frame: object) => socket.emit('message', { data: JSON.stringify(frame) });

function join(socket: MemoryWebSocket): void {
  socket.emit('open');
  const type = 'joined';
  say(socket, { type, id: 's', share_group: 'crew', member_id: 'w1', lock_duration_ms: 30_000 });
}

const sentBy = (socket: MemoryWebSocket) => socket.sent.map((text) => JSON.parse(String(text)));

/** What was asked of the door has been sent. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const signal = new AbortController().signal;
const record = { topic: 'jobs', partition: 0, offset: 7, lock_id: 'lock', delivery_count: 1 };
const acquired = { type: 'acquired', id: 's', lock_duration_ms: 30_000, records: [record] };
const entry = { topic: 'jobs', partition: 0, from: 7, lock_id: 'lock', type: 'accept', delay_ms: undefined };

describe('a member of a share group on a socket', () => {
  it('asks for as many records as it may hold, and not again for those it was not sent yet', async () => {
    const { door: shares, made } = door();
    const first = shares.acquire(10_000, signal);
    expect(made.map(({ url, protocols }) => [url, protocols])).toEqual([['ws://platform/v1/ws', ['millrace.v1']]]);
    const socket = made[0]!;
    join(socket);
    await turn();
    say(socket, acquired);
    expect(await first).toEqual({ lock_duration_ms: 30_000, records: [record] });
    // Nothing comes: it gives up waiting, and its credit stays.
    expect(await shares.acquire(1, signal)).toEqual({ lock_duration_ms: 30_000, records: [] });
    expect(await shares.acquire(1, signal)).toEqual({ lock_duration_ms: 30_000, records: [] });
    expect(sentBy(socket)).toEqual([
      { type: 'subscribe', id: 's', share_group: 'crew', member_id: 'w1', topics: ['jobs'], credit: 0, as: 'base64' },
      { type: 'credit', id: 's', records: 3 },
      { type: 'credit', id: 's', records: 1 },
    ]);
  });

  it('is answered each acknowledgement by its own', async () => {
    const { door: shares, made } = door();
    const answers = [shares.acknowledge([entry]), shares.acknowledge([{ ...entry, type: 'renew' }])];
    join(made[0]!);
    await turn();
    say(made[0]!, { type: 'acknowledged', id: 's', ref: '2', results: [{ ok: true }] });
    say(made[0]!, {
      type: 'acknowledged',
      id: 's',
      ref: '1',
      results: [{ code: 'INVALID_RECORD_STATE', message: '' }],
    });
    expect(await Promise.all(answers)).toMatchObject([
      { results: [{ code: 'INVALID_RECORD_STATE' }] },
      { results: [{ ok: true }] },
    ]);
  });

  it('fails what waits when the socket breaks, and connects anew with the next call', async () => {
    const { door: shares, made } = door();
    const waiting = [shares.acquire(10_000, signal), shares.acknowledge([entry])];
    const settled = Promise.allSettled(waiting);
    join(made[0]!);
    await turn();
    made[0]!.emit('close', { code: 1012, reason: 'restart' });
    for (const { status, reason } of (await settled) as PromiseRejectedResult[]) {
      expect([status, reason.code]).toEqual(['rejected', 'NETWORK_EXCEPTION']);
    }
    const again = shares.acknowledge([entry]);
    expect(made).toHaveLength(2);
    join(made[1]!);
    await turn();
    say(made[1]!, { type: 'acknowledged', id: 's', ref: '1', results: [{ ok: true }] });
    expect(await again).toEqual({ results: [{ ok: true }] });
  });

  it('is told why it is refused, and may come back when it was merely taken out', async () => {
    for (const [code, seen] of [
      ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['UNKNOWN_MEMBER_ID', 'NETWORK_EXCEPTION'],
    ] as const) {
      const { door: shares, made } = door();
      const refused = expect(shares.acquire(10_000, signal)).rejects.toMatchObject({ code: seen });
      made[0]!.emit('open');
      say(made[0]!, { type: 'error', id: 's', code, message: 'why', fatal: true });
      await refused;
      expect(made[0]!.isClosed).toBe(true);
    }
  });

  it('releases what came and was not asked for when it leaves', async () => {
    const { door: shares, made } = door();
    const waiting = shares.acquire(1, signal);
    const socket = made[0]!;
    join(socket);
    await waiting;
    say(socket, acquired);
    const left = shares.leave();
    await turn();
    const { ref, acknowledgements } = sentBy(socket).at(-1);
    expect(acknowledgements).toEqual([{ topic: 'jobs', partition: 0, from: 7, lock_id: 'lock', type: 'release' }]);
    say(socket, { type: 'acknowledged', id: 's', ref, results: [{ ok: true }] });
    await left;
    expect(socket.isClosed).toBe(true);
  });
});
