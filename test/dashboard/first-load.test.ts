import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const built = join(import.meta.dirname, '../../dashboard/dist');

/** What a browser may load before the first page is there, compressed; what a page needs beyond it comes by itself. */
const firstLoadMaxBytes = 250_000;

/** The names of the files of the build that a text imports at once, or that a page names. */
function filesNamedBy(text: string): string[] {
  const imported = [...text.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+)["']/g)];
  const linked = [...text.matchAll(/(?:src|href)="\/dashboard\/(?:assets\/)?([^"]+)"/g)];
  return [...imported, ...linked].map(([, name]) => name!);
}

function read(name: string): Buffer {
  const asset = join(built, 'assets', name);
  return readFileSync(existsSync(asset) ? asset : join(built, name));
}

/** Everything that the page loads before it runs: what it names, and what those import, all the way. */
function firstLoad(): ReadonlySet<string> {
  const names = new Set(['index.html']);
  for (const name of names) {
    if (!/\.(html|js)$/.test(name)) continue;
    for (const next of filesNamedBy(read(name).toString())) names.add(next);
  }
  return names;
}

test(`the first load is at most ${firstLoadMaxBytes} bytes with gzip`, () => {
  const sizes = [...firstLoad()].map((name) => ({ name, bytes: gzipSync(read(name)).length }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`dashboard, first load: ${total} bytes with gzip in ${sizes.length} files`);
  expect(sizes.length).toBeGreaterThan(3);
  expect(total).toBeLessThanOrEqual(firstLoadMaxBytes);
});

test('pages beyond the first come in chunks of their own', () => {
  const lazy = readdirSync(join(built, 'assets')).filter((name) => /-page-.+\.js$/.test(name));
  expect(lazy.length).toBeGreaterThan(5);
  expect(lazy.filter((name) => firstLoad().has(name))).toEqual([]);
});
