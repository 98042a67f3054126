import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RestVersion } from '../../src/api/rest-proxy/error-codes.ts';

/** The error codes of both versions, as the table of docs/rest-proxy.md lists them. */
export function documentedCodes(): Readonly<Record<RestVersion, ReadonlySet<number>>> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/rest-proxy.md'), 'utf8');
  const [, table] = /\| v2 \| v3 \| when \|\n[|-]+\n((?:\|.*\n)+)/.exec(page) ?? [];
  if (table === undefined) throw new Error('docs/rest-proxy.md has no table of error codes');
  const cells = table
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const codesOf = (column: number) => new Set(cells.flatMap((row) => row[column]?.match(/\d+/g) ?? []).values());
  const numbers = (column: number) => new Set([...codesOf(column)].map(Number));
  return { v2: numbers(1), v3: numbers(2) };
}
