import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import {
  issueKeyId,
  issueKeyText,
  organizationOfKeyId,
  parseKeyPair,
  parseKeyText,
  passwordDigest,
} from '../../src/tenancy/api-key-text.ts';
import { randomBase62 } from '../../src/tenancy/base62.ts';
import { issueId } from '../../src/tenancy/organization-ref.ts';

const signer = new HmacSigner('a secret of the tests');
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const orgIds = fc.stringMatching(/^[0-9a-z]{1,32}$/);

const issue = (orgId: string) => {
  const keyId = issueKeyId(orgId, signer, randomBytes);
  return { keyId, text: issueKeyText(keyId, 'live', randomBytes) };
};

describe("a key's text", () => {
  it('says whose it is, and nothing else does', () => {
    fc.assert(
      fc.property(orgIds, (orgId) => {
        const { keyId, text } = issue(orgId);
        expect(parseKeyText(text, signer)).toEqual({ keyId, orgId, password: text.slice(-49) });
        expect(organizationOfKeyId(keyId, signer)).toBe(orgId);
        expect(parseKeyText(text, new HmacSigner('another secret'))).toBeNull();
      }),
    );
  });

  it('is refused with any letter changed, left out or added', () => {
    const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. ';
    const { text } = issue('acme');
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(letters.length - 1), (at, letter) => {
        const put = letters.charAt(letter);
        const changed = [
          text.slice(0, at) + put + text.slice(at + 1),
          text.slice(0, at) + text.slice(at + 1),
          text.slice(0, at) + put + text.slice(at),
        ];
        for (const one of changed) if (one !== text) expect(parseKeyText(one, signer)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('is refused for an id that was made up, though its checksum is right', () => {
    fc.assert(
      fc.property(orgIds, (orgId) => {
        const real = issueKeyId(orgId, signer, randomBytes);
        const madeUp = issueKeyId(orgId, new HmacSigner('a guess'), randomBytes);
        expect(parseKeyText(issueKeyText(madeUp, 'live', randomBytes), signer)).toBeNull();
        // The proof of one id is none for another, nor for the same letters of another organization.
        expect(organizationOfKeyId(real.slice(0, -10) + madeUp.slice(-10), signer)).toBeNull();
        expect(organizationOfKeyId(`mrk_${String(orgId.length)}${real.slice(5)}`, signer) ?? orgId).toBe(orgId);
      }),
    );
  });

  it('is taken as the user and the password of Basic, in both of its forms', () => {
    const { keyId, text } = issue('acme');
    const key = parseKeyText(text, signer);
    expect(parseKeyPair(keyId, text.slice(-49), signer)).toEqual(key);
    expect(parseKeyPair(keyId, text, signer)).toEqual(key);
    const other = issue('acme');
    expect(parseKeyPair(other.keyId, text, signer)).toBeNull();
    expect(parseKeyPair(other.keyId, text.slice(-49), signer)).toBeNull();
    const local = issueKeyText(keyId, 'local', randomBytes);
    expect(parseKeyPair(keyId, local.slice(-49), signer)?.keyId).toBe(keyId);
  });

  it('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }), (text, other) => {
        expect(parseKeyText(text, signer)).toBeNull();
        expect(parseKeyPair(text, other, signer)).toBeNull();
        expect(parseKeyText(`mr_live_${text}`, signer)).toBeNull();
      }),
    );
  });

  it('is stored as a digest that another key, password or platform does not have', () => {
    const digests = [
      passwordDigest('mrk_a', 'p', signer),
      passwordDigest('mrk_b', 'p', signer),
      passwordDigest('mrk_a', 'q', signer),
      passwordDigest('mrk_a', 'p', new HmacSigner('another')),
    ];
    expect(new Set(digests).size).toBe(4);
  });
});

describe('random texts', () => {
  it('have the length and the letters asked for, each letter as likely as any', () => {
    const counts = new Map<string, number>();
    for (const letter of randomBase62(62_000, randomBytes)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
    expect(issueId(randomBytes)).toMatch(/^[0-9a-z]{14}$/);
  });
});
