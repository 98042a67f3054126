import { describe, expect, test } from 'vitest';
import { internalAddress, loopbackAddress } from '../../../src/cli/dev/loopback.ts';

describe('loopbackAddress', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', '127.0.0.1'],
    ['::1', '::1'],
  ])('serves %s', (host, address) => expect(loopbackAddress(host)).toBe(address));

  test.each([
    '',
    '0.0.0.0',
    '::',
    '127.0.0.2',
    'constructor',
    '127.1',
    '128.0.0.1',
    '1127.0.0.1',
    '127.0.0.1 ',
    '::ffff:127.0.0.1',
    'localhost.evil.example',
    '*',
  ])('refuses %j', (host) => expect(() => loopbackAddress(host)).toThrow('loopback addresses only'));
});

test('internal ports get a loopback address that differs from start to start', () => {
  const addresses = Array.from({ length: 20 }, internalAddress);
  for (const address of addresses) expect(address).toMatch(/^127(\.\d{1,3}){3}$/);
  if (process.platform === 'linux') expect(new Set(addresses).size).toBeGreaterThan(1);
});
