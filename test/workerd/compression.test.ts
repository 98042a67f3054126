import { describe, expect, it } from 'vitest';
import { compress, decompress } from '../../src/log/compression.ts';

/** The codecs of node:zlib differ between Node and workerd in their bounds and errors; both must answer the same. */
const noise = Uint8Array.from({ length: 100_000 }, (_, at) => (at * at) >> 5);
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

describe.each(codecs)('%s in workerd', (type) => {
  it('gives back what it was given', () => {
    const opened = decompress(type, compress(type, noise), 1_000_000);
    expect(
      opened.ok && opened.value.length === noise.length && opened.value.every((byte, at) => byte === noise[at]),
    ).toBe(true);
  });

  it('takes exactly maxBytes and no byte more', () => {
    const closed = compress(type, noise);
    expect(decompress(type, closed, noise.length).ok).toBe(true);
    expect(decompress(type, closed, noise.length - 1)).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } });
  });

  it('refuses a bomb', () => {
    const bomb = compress(type, new Uint8Array(20_000_000));
    expect(decompress(type, bomb, 16 * 1024 * 1024)).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } });
  });

  it('refuses a stream cut off anywhere', () => {
    const closed = compress(type, noise.subarray(0, 300));
    for (let size = 0; size < closed.length; size++) {
      // Snappy frames may end after any whole block: after the header there are no records in them.
      if (type === 'snappy' && size === 16) continue;
      expect(decompress(type, closed.subarray(0, size), 1000), `${size} bytes`).toMatchObject({
        error: { code: 'CORRUPT_MESSAGE' },
      });
    }
  });
});

describe('zstd in workerd', () => {
  it('refuses a frame whose window would take the isolate', () => {
    const frame = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (27 - 10) << 3, 0x09, 0x00, 0x00, 0x61]);
    expect(decompress('zstd', frame, 100)).toMatchObject({ error: { code: 'CORRUPT_MESSAGE' } });
    frame[5] = (24 - 10) << 3;
    expect(decompress('zstd', frame, 100)).toMatchObject({ ok: true });
  });
});
