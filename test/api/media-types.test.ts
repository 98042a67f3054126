import { describe, expect, it } from 'vitest';
import { negotiate, requestMediaType } from '../../src/api/media-types.ts';

const accepted = ['application/json', 'application/x-ndjson'] as const;

describe('Content-Type', () => {
  it.each([
    ['application/json', 'application/json'],
    ['Application/JSON; charset=UTF-8', 'application/json'],
    ['application/x-ndjson;charset="utf-8"', 'application/x-ndjson'],
  ])('%s is taken', (header, type) => {
    expect(requestMediaType(new Headers({ 'content-type': header }), accepted)).toEqual({ ok: true, value: type });
  });

  it.each([
    'text/plain',
    'application/jsonx',
    'application/xml',
    '',
    'application/json; charset=latin1',
    'application/*',
  ])('%s is refused with what is taken', (header) => {
    expect(requestMediaType(new Headers({ 'content-type': header }), accepted)).toMatchObject({
      ok: false,
      error: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    });
  });

  it('is required, and the refusal names what is taken', () => {
    expect(requestMediaType(new Headers(), accepted)).toMatchObject({
      error: { message: 'Content-Type is missing; send one of application/json, application/x-ndjson.' },
    });
  });
});

describe('Accept', () => {
  const offered = ['application/json', 'application/x-ndjson', 'application/vnd.millrace.batch'] as const;
  it.each([
    [null, 'application/json'],
    ['*/*', 'application/json'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['application/vnd.millrace.batch, application/json;q=0.5', 'application/vnd.millrace.batch'],
    ['application/json;q=0.4, application/x-ndjson;q=0.6', 'application/x-ndjson'],
    ['application/*', 'application/json'],
    ['*/*, application/json;q=0', 'application/x-ndjson'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['APPLICATION/X-NDJSON', 'application/x-ndjson'],
  ])('%s gets %s', (accept, type) => {
    const headers = new Headers(accept === null ? {} : { accept });
    expect(negotiate(headers, offered)).toEqual({ ok: true, value: type });
  });

  it.each(['text/html', 'application/json;q=0', 'image/*', '*/json', 'application/json;q=2', ''])(
    '%s gets 406',
    (accept) => {
      expect(negotiate(new Headers({ accept }), offered)).toMatchObject({
        ok: false,
        error: { code: 'NOT_ACCEPTABLE' },
      });
    },
  );
});
