import { describe, expect, it } from 'vitest';
import { pumpAnswers } from '../../../src/api/rest-proxy/v3/record-stream.ts';
import { type ConcatenatedItem, ConcatenatedJson } from '../../../src/json/concatenated-json.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Source = ReadableByteStreamController;

/** A request that a test sends piece by piece, and its answer. */
function openStream(answer = answerTexts) {
  let source: Source | undefined;
  let cancelled: unknown;
  const body = new ReadableStream({
    type: 'bytes',
    start: (controller) => {
      source = controller;
    },
    cancel: (reason) => {
      cancelled = reason;
    },
  });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reader = readable.getReader();
  const pumped = pumpAnswers(body, writable, new ConcatenatedJson(100_000), answer);
  return {
    send: (text: string) => source!.enqueue(encoder.encode(text)),
    end: () => {
      source!.close();
      // A read that waits with a buffer of its own is only told so.
      source!.byobRequest?.respond(0);
    },
    /** Bytes that were sent and not read yet. */
    unreadBytes: () => -(source!.desiredSize ?? 0),
    fail: (reason: Error) => source!.error(reason),
    next: async () => {
      const { done, value } = await reader.read();
      return done ? null : decoder.decode(value);
    },
    leave: (reason: Error) => reader.cancel(reason),
    cancelled: () => cancelled,
    pumped,
  };
}

const answerTexts = async (items: readonly ConcatenatedItem[]) =>
  encoder.encode(items.map((item) => (item.kind === 'object' ? decoder.decode(item.text) : 'malformed')).join('|'));

describe('a stream of records', () => {
  it('is answered while it is still being sent, in order', async () => {
    const stream = openStream();
    stream.send('{"a":1}{"b"');
    expect(await stream.next()).toBe('{"a":1}');
    stream.send(':2}x\n{"c":3}');
    expect(await stream.next()).toBe('{"b":2}|malformed|{"c":3}');
    stream.send('{"d"');
    stream.end();
    expect(await stream.next()).toBe('malformed');
    expect(await stream.next()).toBeNull();
    await stream.pumped;
  });

  it('is not read on while its answers are not taken', async () => {
    const stream = openStream();
    const count = 400;
    const padding = 'x'.repeat(50_000);
    for (let index = 0; index < count; index++) {
      stream.send(`{"${index}":"${padding}"}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const sentBytes = count * 50_000;
    // Eight megabytes of answers wait, and some records behind them.
    expect(stream.unreadBytes()).toBeGreaterThan(sentBytes - 10 * 1024 * 1024);
    expect(stream.unreadBytes()).toBeLessThan(sentBytes - 7 * 1024 * 1024);
    stream.end();
    let all = '';
    for (let text = await stream.next(); text !== null; text = await stream.next()) all += `${text}|`;
    const names = all.split('|').map((text) => /^{"(\d+)"/.exec(text)?.[1]);
    expect(names.slice(0, count)).toEqual(Array.from({ length: count }, (_, index) => String(index)));
    await stream.pumped;
  });

  it('ends for both sides when one of them is gone', async () => {
    const left = openStream();
    left.send('{"a":1}');
    await left.next();
    await left.leave(new Error('the client hung up'));
    left.send('{"b":2}');
    await left.pumped;
    expect(left.cancelled()).toBeDefined();

    const broken = openStream();
    broken.send('{"a":1}');
    await broken.next();
    broken.fail(new Error('the connection is lost'));
    await expect(broken.next()).rejects.toThrow();
    await broken.pumped;
  });
});
