import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../src/errors/error-codes.ts';
import type { Limit } from '../src/limits/limit.ts';
import { limits } from '../src/limits.ts';

const pagePath = fileURLToPath(new URL('../docs/limits.md', import.meta.url).href);

const table = Object.entries(limits) as [string, Limit][];

describe('limits', () => {
  it('give every bound a positive value, a reason of one sentence and an error that exists', () => {
    for (const [name, limit] of table) {
      expect(limit.value, name).toBeGreaterThanOrEqual(0);
      if (limit.max !== undefined) expect(limit.max, name).toBeGreaterThan(limit.value);
      expect(limit.reason, name).toMatch(/^[A-Z].*[^.]\.$/);
      if (limit.error !== null) expect(errorTable, name).toHaveProperty(limit.error);
    }
  });

  it('are what docs/limits.md says (WRITE_DOCS=1 writes it)', async () => {
    const page = renderPage();
    if (process.env.WRITE_DOCS === '1') await writeFile(pagePath, page);
    expect(await readFile(pagePath, 'utf8')).toBe(page);
  });
});

function renderPage(): string {
  const rows = table.map(
    ([name, { value, max, unit, error, reason }]) =>
      `| \`${snakeCase(name)}\` | ${amount(value)} | ${max === undefined ? 'fixed' : amount(max)} | ${unit} | ${error ?? 'none: the platform adapts'} | ${reason} |`,
  );
  return `# Limits

Every bound of the platform, as \`GET /v1/limits\` answers it. The source of both is \`src/limits.ts\`; this page is written
by \`WRITE_DOCS=1 npx vitest run test/limits.test.ts\`, and the same test fails when it is out of date.

*Default* holds unless a request or the topic's config asks for another, which may go up to *at most*.

| name | default | at most | unit | beyond it | why |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

const amount = (value: number) => value.toLocaleString('en-US');

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
