import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePosition, maxPositionPartitions, parsePosition } from '../../src/relay/position.ts';

const topicId = '0198f1d2-5b3c-7a10-8e4f-0123456789ab';

const offsets = fc
  .uniqueArray(fc.tuple(fc.nat({ max: maxPositionPartitions - 1 }), fc.maxSafeNat()), {
    selector: ([partition]) => partition,
    maxLength: 40,
  })
  .map((entries) => entries.sort(([a], [b]) => a - b));

describe('position', () => {
  it('gives back the topic and every offset that is not 0', () => {
    fc.assert(
      fc.property(fc.uuid(), offsets, (id, entries) => {
        const text = encodePosition(id, entries);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        const parsed = parsePosition(text);
        expect(parsed).toEqual({
          ok: true,
          value: { topicId: id, offsets: new Map(entries.filter(([, offset]) => offset > 0)) },
        });
      }),
    );
  });

  it('is short for one partition and fits a header for a thousand', () => {
    expect(encodePosition(topicId, []).length).toBe(26);
    expect(encodePosition(topicId, [[0, 1_000_000]]).length).toBe(31);
    const all = Array.from({ length: 1_000 }, (_, partition) => [partition, 10_000_000_000 + partition] as const);
    expect(encodePosition(topicId, all).length).toBeLessThan(8_100);
    expect(parsePosition(encodePosition(topicId, all))).toEqual({
      ok: true,
      value: { topicId, offsets: new Map(all) },
    });
  });

  it('refuses what was cut short or mistyped, instead of starting over', () => {
    fc.assert(
      fc.property(offsets, fc.nat(), (entries, cut) => {
        const text = encodePosition(topicId, entries);
        const shorter = parsePosition(text.slice(0, cut % text.length));
        // One check byte lets one accident in 256 through; what it lets through must still be a whole position.
        if (shorter.ok)
          expect(encodePosition(shorter.value.topicId, shorter.value.offsets)).toBe(text.slice(0, cut % text.length));
        else expect(shorter.error.code).toBe('INVALID_POSITION');
      }),
    );
    const text = encodePosition(topicId, [[3, 4_711]]);
    for (let at = 0; at < text.length; at++) {
      const typo = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      const parsed = parsePosition(typo);
      if (parsed.ok) expect(parsed.value).not.toEqual({ topicId, offsets: new Map([[3, 4_711]]) });
      else expect(parsed.error.code).toBe('INVALID_POSITION');
    }
  });

  it('answers INVALID_POSITION to any text that is not a position', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        const parsed = parsePosition(text);
        if (!parsed.ok) expect(parsed.error.code).toBe('INVALID_POSITION');
      }),
    );
    for (const text of ['', 'earliest', 'A', '=', 'A'.repeat(20_000)]) {
      expect(parsePosition(text)).toMatchObject({ ok: false, error: { code: 'INVALID_POSITION' } });
    }
  });

  it('has one text for one position: longer varints and left-over bytes are refused', () => {
    const bytes = Buffer.from(encodePosition(topicId, [[0, 5]]), 'base64url');
    const longer = Uint8Array.of(...bytes.subarray(0, -2), 0x85, 0x00, 0);
    for (let check = 0; check < 256; check++) {
      longer[longer.length - 1] = check;
      expect(parsePosition(Buffer.from(longer).toString('base64url')).ok).toBe(false);
    }
  });
});
