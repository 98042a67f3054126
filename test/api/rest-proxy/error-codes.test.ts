import { describe, expect, it } from 'vitest';
import { recordErrorCode, toRestError } from '../../../src/api/rest-proxy/error-codes.ts';
import { refused } from '../../../src/api/rest-proxy/refusal.ts';
import { type ErrorCode, errorTable } from '../../../src/errors/error-codes.ts';
import { documentedCodes } from '../../support/rest-proxy-codes.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

const { v2, v3 } = documentedCodes();
const known = new Set([...v2, ...v3]);

describe('every error', () => {
  it.each(codes)('%s has a documented code in both versions, which begins with its HTTP status', (code) => {
    for (const version of ['v2', 'v3'] as const) {
      const { status, body } = toRestError({ code, message: 'why' }, version);
      expect(known).toContain(body.error_code);
      expect(String(body.error_code).startsWith(String(status))).toBe(true);
      expect(body.message).toContain('why');
    }
  });

  it('of the platform is told from one of the request, and says whether a retry may help', () => {
    const codeOf = (code: ErrorCode) => toRestError({ code, message: '' }, 'v2').body.error_code;
    expect(codeOf('UNKNOWN_SERVER_ERROR')).toBe(50_002);
    expect(codeOf('STORAGE_FULL')).toBe(50_002);
    expect(codeOf('UNKNOWN_OUTCOME')).toBe(50_003);
    expect(codeOf('KAFKA_STORAGE_ERROR')).toBe(50_003);
    expect(codeOf('OVERLOADED')).toBe(429);
    expect(codeOf('INVALID_CONFIG')).toBe(40_002);
  });

  it('with a code of its own keeps it, and 40001 is a validation error in spite of its number', () => {
    const refusal = (code: number) => toRestError(refused(code, 'INVALID_REQUEST', 'why').error, 'v2');
    expect(refusal(42_208)).toEqual({ status: 422, body: { error_code: 42_208, message: 'why' } });
    expect(refusal(40_001).status).toBe(422);
  });

  it('of v2 begins as clients know it, and tells a partition from a topic', () => {
    const unknown = { code: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'why' } as const;
    expect(toRestError(unknown, 'v2').body).toEqual({ error_code: 40_401, message: 'Topic not found. why' });
    expect(toRestError({ ...unknown, detail: { partition: 3 } }, 'v2').body.error_code).toBe(40_402);
    expect(toRestError({ ...unknown, detail: { partition: 3 } }, 'v3').body.error_code).toBe(40_403);
  });

  it('of a record says whether a retry may help', () => {
    expect([recordErrorCode('MESSAGE_TOO_LARGE'), recordErrorCode('UNKNOWN_OUTCOME')]).toEqual([1, 2]);
  });
});
