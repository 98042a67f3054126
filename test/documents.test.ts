import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { groupMigrations } from '../src/groups/group-schema.ts';
import { shareGroupMigrations } from '../src/groups/share/share-group-schema.ts';
import { sharePartitionMigrations } from '../src/groups/share/share-partition-schema.ts';
import { jobMigrations } from '../src/jobs/job-schema.ts';
import { partitionMigrations } from '../src/log/partition-schema.ts';
import { NodeSqlStore } from '../src/platform/memory/node-sql-store.ts';
import { createSchema, type Migration } from '../src/platform/migrations.ts';
import { directoryMigrations } from '../src/tenancy/directory-schema.ts';
import { organizationMigrations } from '../src/tenancy/organization-schema.ts';
import { catalogMigrations } from '../src/topics/catalog-schema.ts';
import { transactionMigrations } from '../src/transactions/transaction-schema.ts';
import { type ImportRule, importRules } from './support/import-rules.ts';
import { printedPattern } from './support/shell-blocks.ts';

const repository = join(import.meta.dirname, '..');

const documents = ['.', 'docs', 'docs/adr', 'examples/flights', 'src/api'].flatMap((folder) =>
  readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** What a link to this heading is called: GitHub's rule for plain headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function brokenLinks(document: string): string[] {
  const text = readFileSync(join(repository, document), 'utf8').replace(/^```.*?^```/gms, '');
  const targets = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((match) => match[1]!);
  return targets.filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : relative(repository, join(repository, dirname(document), path));
    if (!existsSync(join(repository, file))) return true;
    if (anchor === undefined) return false;
    const headings = [...readFileSync(join(repository, file), 'utf8').matchAll(/^#+ (.*)$/gm)];
    return !headings.some((heading) => anchorOf(heading[1]!) === anchor);
  });
}

describe('documents', () => {
  test.each(documents)('%s links to what is there', (document) => expect(brokenLinks(document)).toEqual([]));

  test('name files of this repository that are there', () => {
    const missing = documents.flatMap((document) => {
      const text = readFileSync(join(repository, document), 'utf8');
      const named = [...text.matchAll(/`((?:src|test|docs|bench|examples|durable-objects)\/[\w./-]+\.\w+)`/g)];
      return named
        .map((match) => match[1]!)
        .filter((path) => !existsSync(join(repository, path)))
        .map((path) => `${document}: ${path}`);
    });
    expect(missing).toEqual([]);
  });

  test('say of every threat which tests try it', () => {
    const text = readFileSync(join(repository, 'docs/security.md'), 'utf8');
    const rows = text.split('\n').filter((line) => /^\| \d+ \|/.test(line));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.map((row) => row.split('|')[1]!.trim())).toEqual(rows.map((_, index) => String(index + 1)));
    expect(rows.filter((row) => !/`test\/[\w./-]+\.test\.ts`/.test(row.split('|')[4] ?? ''))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const path = join(repository, 'ARCHITECTURE.md');

  test('shows the table of imports as it is in force (WRITE_DOCS=1 writes it)', () => {
    const table = /(?<=<!-- import-table[^\n]*-->\n).*(?=<!-- \/import-table -->)/s;
    const page = readFileSync(path, 'utf8');
    const current = page.replace(table, () => renderImportTable());
    if (process.env.WRITE_DOCS === '1') writeFileSync(path, current);
    expect(readFileSync(path, 'utf8')).toBe(current);
  });

  test('has every folder of the sources on its map', () => {
    const folders = readdirSync(join(repository, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const page = readFileSync(path, 'utf8');
    expect(folders.map(({ name }) => name).filter((name) => !page.includes(`\nsrc/${name}/ `))).toEqual([]);
  });
});

function renderImportTable(): string {
  const list = (names: readonly string[] = []) => names.map((name) => `\`${name}\``).join(', ');
  const row = ([room, { uses, types, files, packages }]: [string, ImportRule]) =>
    `| \`${room}\` | ${[list(uses), list(files)].filter(Boolean).join(', ')} | ${list(types)} | ${list(packages)} |`;
  return `| room | uses | types | packages |\n|---|---|---|---|\n${Object.entries(importRules).map(row).join('\n')}\n`;
}

describe('docs/storage.md', () => {
  const objects: readonly [object: string, migrations: readonly Migration[]][] = [
    ['Partition', partitionMigrations],
    ['Job runner', jobMigrations],
    ['Cluster', catalogMigrations],
    ['Group', groupMigrations],
    ['Transaction coordinator', transactionMigrations],
    ['Share group', shareGroupMigrations],
    ['Share partition', sharePartitionMigrations],
    ['Organization', organizationMigrations],
    ['Directory', directoryMigrations],
  ];

  test.each(objects)('names every table and column of a %s', (object, migrations) => {
    const store = new NodeSqlStore();
    createSchema(store, migrations);
    const columns = store.query<{ table: string; column: string }>(
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_master AS t, pragma_table_info(t.name) AS c
       WHERE t.type = 'table'`,
    );
    expect(columns.length).toBeGreaterThan(5);
    const text = readFileSync(join(repository, 'docs/storage.md'), 'utf8');
    const section = text.split(/^## /m).find((part) => part.startsWith(`${object}\n`))!;
    const named = new Set([...section.matchAll(/`([^`]+)`/g)].flatMap((match) => match[1]!.match(/\w+/g) ?? []));
    const unnamed = columns.flatMap(({ table, column }) => [table, column]).filter((name) => !named.has(name));
    expect([...new Set(unnamed)]).toEqual([]);
  });
});

test('"…" in a shown output fits anything within its line, and nothing else does', () => {
  const pattern = printedPattern('a … {b}\nc');
  expect(pattern.test('a 1, 2 {b}\nc')).toBe(true);
  expect(pattern.test('a 1 {b}')).toBe(false);
  expect(pattern.test('a \n{b}\nc')).toBe(false);
  expect(pattern.test('a 1 bb\nc')).toBe(false);
});
