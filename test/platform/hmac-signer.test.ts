import { describe, expect, it } from 'vitest';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';

describe('HmacSigner', () => {
  it('signs as RFC 4231 test case 2 does', () => {
    const digest = Buffer.from(new HmacSigner('Jefe').sign('what do ya want for nothing?'), 'base64url').toString(
      'hex',
    );
    expect(digest).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  it('accepts its own signature and no other', () => {
    const signer = new HmacSigner('secret');
    const signature = signer.sign('grant');
    expect(signer.verify('grant', signature)).toBe(true);
    expect(signer.verify('grant ', signature)).toBe(false);
    expect(signer.verify('grant', `${signature}=`)).toBe(false);
    expect(signer.verify('grant', `${signature} `)).toBe(false);
    expect(signer.verify('grant', signature.slice(1))).toBe(false);
    expect(signer.verify('grant', '')).toBe(false);
    expect(new HmacSigner('other').verify('grant', signature)).toBe(false);
  });

  it('refuses an empty secret', () => {
    expect(() => new HmacSigner('')).toThrow(/MILLRACE_SECRET/);
  });
});
