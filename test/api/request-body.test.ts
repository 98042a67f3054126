import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readBody, readJson } from '../../src/api/request-body.ts';

const url = 'http://127.0.0.1/x';

/** A body that arrives in pieces and says when the reader gave up on it. */
function streamed(pieces: readonly number[], onCancel: () => void = () => {}): Request {
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = left.shift();
        if (size === undefined) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(size));
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
  return new Request(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
}

describe('readBody', () => {
  it('reads up to the bound and not a byte more', async () => {
    expect(await readBody(streamed([4, 6]), 10)).toEqual({
      ok: true,
      value: Uint8Array.of(4, 4, 4, 4, 6, 6, 6, 6, 6, 6),
    });
    expect(await readBody(streamed([4, 7]), 10)).toMatchObject({
      ok: false,
      error: { code: 'BODY_TOO_LARGE', detail: { limit_bytes: 10 } },
    });
    expect(await readBody(new Request(url, { method: 'POST' }), 10)).toEqual({ ok: true, value: new Uint8Array() });
  });

  it('refuses a declared length before it reads', async () => {
    let cancelled = false;
    const request = streamed([1], () => {
      cancelled = true;
    });
    request.headers.set('content-length', '11');
    expect(await readBody(request, 10)).toMatchObject({ ok: false, error: { code: 'BODY_TOO_LARGE' } });
    expect(request.bodyUsed).toBe(false);
    expect(cancelled).toBe(false);
  });

  it('is not fooled by a declared length that is too small', async () => {
    const request = streamed([20]);
    request.headers.set('content-length', '5');
    expect(await readBody(request, 10)).toMatchObject({ ok: false, error: { code: 'BODY_TOO_LARGE' } });
  });

  it('stops an endless body', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        cancelled = true;
      },
    });
    const request = new Request(url, { method: 'POST', body: endless, duplex: 'half' } as RequestInit);
    expect(await readBody(request, 10_000)).toMatchObject({ ok: false, error: { code: 'BODY_TOO_LARGE' } });
    expect(cancelled).toBe(true);
  });
});

describe('readJson', () => {
  const schema = z.strictObject({ name: z.string(), config: z.record(z.string(), z.string()).optional() });
  const post = (body: string | Uint8Array, type = 'application/json') =>
    readJson(new Request(url, { method: 'POST', body, headers: { 'content-type': type } }), schema);

  it('gives what the contract describes', async () => {
    expect(await post(' {"name":"a"} ')).toEqual({ ok: true, value: { name: 'a' } });
  });

  it('says where JSON is broken', async () => {
    expect(await post('{"name":\n "a",}')).toMatchObject({
      error: { code: 'MALFORMED_JSON', detail: { line: 2, column: 6 } },
    });
    expect(await post('')).toMatchObject({ error: { code: 'MALFORMED_JSON', detail: { line: 1, column: 1 } } });
    expect(await post('{"name":"a"} x')).toMatchObject({
      error: { code: 'MALFORMED_JSON', detail: { line: 1, column: 14 } },
    });
  });

  it('refuses depth, bad UTF-8, other types and what the contract does not know', async () => {
    expect(await post('['.repeat(65) + ']'.repeat(65))).toMatchObject({ error: { code: 'MALFORMED_JSON' } });
    expect(await post(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ error: { code: 'MALFORMED_UTF8' } });
    expect(await post('{}', 'text/plain')).toMatchObject({ error: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    expect(await post('{"name":"a","partition":3}')).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('partition') },
    });
    expect(await post('{"name":7}')).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('name: ') },
    });
    expect(await post('{"name":"a","config":{"__proto__":"x"}}')).toMatchObject({ ok: true });
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
