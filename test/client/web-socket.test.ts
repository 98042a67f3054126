import { describe, expect, test } from 'vitest';
import type { MillraceError } from '../../src/client/index.ts';
import { JsonSubscriptionDoor } from '../../src/client/json-subscription-door.ts';
import { socketEndError } from '../../src/client/socket-end.ts';
import type { StreamFrame, SubscriptionStart } from '../../src/client/subscription-door.ts';
import { LiveSocket, type SocketEnd } from '../../src/client/web-socket.ts';
import { encodePosition } from '../../src/relay/position.ts';
import { memoryWebSockets } from './memory-web-socket.ts';

const calm = { intervalMs: 3_600_000 };
const topicId = '6b1f5f0e-0000-4000-8000-000000000001';

describe('a live socket', () => {
  function open(intervalMs: number) {
    const { WebSocket, made } = memoryWebSockets();
    const ends: SocketEnd[] = [];
    const texts: string[] = [];
    const socket = new LiveSocket(
      WebSocket,
      'ws://x',
      'millrace.v1',
      { intervalMs },
      {
        opened: () => undefined,
        text: (text) => texts.push(text),
        binary: () => undefined,
        ended: (end) => ends.push(end),
      },
    );
    return { socket, wire: made[0]!, ends, texts };
  }

  test('ends once, whichever ways the end is told', () => {
    const { socket, wire, ends } = open(3_600_000);
    wire.emit('open');
    wire.emit('error');
    wire.emit('close', { code: 1012 });
    socket.close();
    socket.send('late');
    expect(ends).toEqual([{ code: 1006, reason: 'the connection failed', opened: true }]);
    expect(wire.isClosed).toBe(true);
    expect(wire.sent).toEqual([]);
  });

  test('asks a silent platform for a sign of life, and gives up on one that gives none', async () => {
    const { wire, ends, texts } = open(5);
    wire.emit('open');
    await expect.poll(() => wire.sent).toContain('{"type":"ping"}');
    wire.emit('message', { data: '{"type":"pong"}' });
    await expect.poll(() => ends).toEqual([{ code: 1006, reason: 'the platform stopped answering', opened: true }]);
    expect(texts).toEqual([]);
  });
});

describe('close codes', () => {
  test.each([
    [1000, 'NETWORK_EXCEPTION', true],
    [1003, 'INVALID_REQUEST', false],
    [1006, 'NETWORK_EXCEPTION', true],
    [1009, 'MESSAGE_TOO_LARGE', false],
    [1011, 'NETWORK_EXCEPTION', true],
    [1012, 'NETWORK_EXCEPTION', true],
    [4400, 'INVALID_REQUEST', false],
    [4404, 'UNKNOWN_TOPIC_OR_PARTITION', false],
  ])('%i is %s', (code, expected, retriable) => {
    expect(socketEndError('ws://x', { code, reason: '', opened: true })).toMatchObject({ code: expected, retriable });
  });
});

describe('the JSON door', () => {
  function subscribe(start: SubscriptionStart, partitions?: readonly number[]) {
    const { WebSocket, made } = memoryWebSockets();
    const frames: StreamFrame[] = [];
    const ends: MillraceError[] = [];
    const started: unknown[] = [];
    const throttles: unknown[] = [];
    const door = new JsonSubscriptionDoor('https://host', WebSocket, calm);
    const subscription = door.subscribe(
      { topic: 'a b', partitions, start, creditBytes: 5_000 },
      {
        subscribed: (starts, id) => started.push([...starts], id),
        frame: (frame) => frames.push(frame),
        throttled: (throttle) => throttles.push(throttle),
        ended: (error) => ends.push(error),
      },
    );
    const wire = made[0]!;
    wire.emit('open');
    const receive = (frame: unknown) =>
      wire.emit('message', { data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
    return {
      wire,
      subscription,
      frames,
      ends,
      started,
      throttles,
      receive,
      subscribeFrame: JSON.parse(wire.sent[0] as string),
    };
  }

  test('subscribes for base64, where it is told to start', () => {
    const { wire, subscribeFrame } = subscribe({ kind: 'earliest' }, [1]);
    expect([wire.url, wire.protocols]).toEqual(['wss://host/v1/topics/a%20b/ws', ['millrace.v1']]);
    expect(subscribeFrame).toEqual({
      type: 'subscribe',
      id: 's',
      topic: 'a b',
      partitions: [1],
      from: 'earliest',
      credit: 5_000,
      as: 'base64',
    });
    expect(subscribe({ kind: 'timestamp', timestampMs: 7 }).subscribeFrame.from).toEqual({ timestamp: 7 });
    const offsets = new Map([
      [2, 5],
      [0, 3],
    ]);
    expect(subscribe({ kind: 'offsets', offsets, topicId: null }).subscribeFrame.from).toEqual({ 0: 3, 2: 5 });
    expect(subscribe({ kind: 'offsets', offsets, topicId }).subscribeFrame.from).toBe(
      encodePosition(topicId, [
        [0, 3],
        [2, 5],
      ]),
    );
  });

  test('reads frames, counts their bytes, and passes over what it does not know', () => {
    const { receive, frames, started, throttles, ends, wire, subscription } = subscribe({ kind: 'earliest' });
    receive({
      type: 'subscribed',
      id: 's',
      partitions: { 0: { from: 3, high_watermark: 9 } },
      position: encodePosition(topicId, [[0, 3]]),
    });
    expect(started).toEqual([[[0, { from: 3, highWatermark: 9 }]], topicId]);
    receive({ type: 'gap', id: 's', partition: 0, from: 3, to: 4, reason: 'retention' });
    receive({ type: 'throttle', id: 's', throttle_ms: 900, code: 'THROTTLING_QUOTA_EXCEEDED', message: 'wait' });
    expect(throttles).toEqual([{ throttleMs: 900, code: 'THROTTLING_QUOTA_EXCEEDED', message: 'wait' }]);
    receive({ type: 'weather', sky: 'blue' });
    const record = {
      partition: 0,
      offset: 4,
      timestamp: 1,
      key: null,
      value: 'aMO8',
      headers: [{ name: 'ü', value: 'ä' }],
    };
    const text = JSON.stringify({ type: 'records', id: 's', partition: 0, from: 4, to: 6, records: [record] });
    receive(text);
    expect(frames[0]).toEqual({ kind: 'gap', partition: 0, from: 3, to: 4, reason: 'retention' });
    expect(frames[1]).toMatchObject({ kind: 'records', from: 4, to: 6, bytes: Buffer.byteLength(text) });
    const [read] = (frames[1] as Extract<StreamFrame, { kind: 'records' }>).records;
    expect([read!.text(), read!.key]).toEqual(['hü', null]);
    expect(read!.headers).toEqual([{ name: 'ü', value: new TextEncoder().encode('ä') }]);
    subscription.grant(77);
    expect(wire.sent.at(-1)).toBe('{"type":"credit","id":"s","bytes":77}');
    expect(ends).toEqual([]);
  });

  test.each([
    [
      { type: 'error', id: 's', code: 'OFFSET_OUT_OF_RANGE', message: 'too far', detail: { partition: 0 } },
      'OFFSET_OUT_OF_RANGE',
    ],
    ['{"type":', 'NETWORK_EXCEPTION'],
    [{ type: 'records', partition: 0, from: 0, to: 1 }, 'INVALID_REQUEST'],
  ])('ends with the error of %j', (frame, code) => {
    const { receive, ends, wire } = subscribe({ kind: 'latest' });
    receive(frame);
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ code });
    expect(wire.isClosed).toBe(true);
  });
});
