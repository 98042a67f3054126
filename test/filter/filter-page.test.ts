import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileFilter } from '../../src/filter/evaluate-filter.ts';
import { parseFilter, pointAtCharacter } from '../../src/filter/filter-parser.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/filter.md'), 'utf8');
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const nowMs = 1_790_000_000_000;

test('the samples of docs/filter.md mean the record of the page, or do not, as it says', () => {
  const [value] = /(?<=```json\n).*(?=\n```)/.exec(page) ?? [];
  const [, samples = ''] = /<!-- samples:[^\n]*\n(.*?)<!-- \/samples -->/s.exec(page) ?? [];
  const rows = [...samples.matchAll(/^\| `(.*)` \| (yes|no) \|$/gm)];
  expect(rows.length).toBe(samples.trim().split('\n').length - 2);
  const record = {
    partition: 3,
    offset: 0,
    timestampMs: nowMs - 15 * 60_000,
    key: bytes('user-17'),
    value: bytes(value!),
    headers: [
      { name: 'x-tenant', value: bytes('a') },
      { name: 'tries', value: bytes('3') },
    ],
  };
  for (const [, source, answer] of rows) {
    const filter = parseFilter(source!.replaceAll('\\|', '|'));
    expect(filter, source).toMatchObject({ ok: true });
    if (filter.ok) expect(compileFilter(filter.value, nowMs)(record), source).toBe(answer === 'yes');
  }
});

test('the refusal of docs/filter.md is what the parser says', () => {
  const refused = parseFilter('value.total = 100');
  if (refused.ok) throw new Error('it was read');
  const { message, detail } = refused.error;
  expect(page).toContain(`${pointAtCharacter('value.total = 100', Number(detail?.character))}\n${message}\n`);
});
