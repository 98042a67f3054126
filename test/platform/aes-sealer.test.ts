import { expect, it } from 'vitest';
import { AesSealer } from '../../src/platform/cloudflare/aes-sealer.ts';

it('opens what it sealed, for the same context alone, and nothing that was changed', async () => {
  const sealer = new AesSealer('a secret of the tests');
  const sealed = await sealer.seal('rosebud', 'acme');
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('rosebud');
  expect(await sealer.open(sealed, 'acme')).toBe('rosebud');
  expect(await new AesSealer('a secret of the tests').open(sealed, 'acme')).toBe('rosebud');
  expect(await sealer.open(sealed, 'umbrella')).toBeNull();
  expect(await new AesSealer('another secret').open(sealed, 'acme')).toBeNull();
  expect(await sealer.open(`${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'QQ' : 'AA'}`, 'acme')).toBeNull();
  expect(await sealer.open('', 'acme')).toBeNull();
  expect(await sealer.seal('rosebud', 'acme')).not.toBe(sealed);
});
