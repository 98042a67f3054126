import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importRules, roomOf } from './support/import-rules.ts';
import {
  longFunctions,
  parseSourceModule,
  readSourceModule,
  repository,
  type SourceModule,
  spliced,
} from './support/source-module.ts';

const MAX_SOURCE_LINES = 450;
const MAX_DURABLE_OBJECT_LINES = 150;
const MAX_FUNCTION_LINES = 70;

/** Files of a folder and its folders, as paths from the repository's root. */
function filesIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path}`)
      .filter((path) => pattern.test(path) && !path.includes('node_modules'))
      .sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

const sources = ['src', 'durable-objects', 'dashboard/src']
  .flatMap((folder) => filesIn(folder, /\.tsx?$/))
  .map(readSourceModule);
const tests = filesIn('test', /\.ts$/).map(readSourceModule);
const written = ['src', 'durable-objects', 'test', 'bench', 'examples', 'docs', '.ci'].flatMap((folder) =>
  filesIn(folder, /\.(ts|mjs|js|md|html|sh)$/),
);

/** Names what breaks a rule, file by file, so that a failure reads as a list of what to change. */
function offences(modules: readonly SourceModule[], find: (module: SourceModule) => readonly string[]): string[] {
  return modules.flatMap((module) => find(module).map((offence) => `${module.path}: ${offence}`));
}

function forbiddenImports(module: SourceModule): string[] {
  const room = roomOf(module.path);
  const rule = importRules[room];
  if (rule === undefined) return [`the room "${room}" has no rule in test/support/import-rules.ts`];
  return module.imports
    .filter(({ target, isFile, isType }) => {
      if (!isFile) {
        const isPackage = (name: string) => (/[:/]$/.test(name) ? target.startsWith(name) : target === name);
        return !(rule.packages ?? []).some(isPackage);
      }
      const other = roomOf(target);
      if (other === room || rule.uses.includes(other) || rule.files?.includes(target)) return false;
      return !(isType && rule.types?.includes(other));
    })
    .map(({ target, isType }) => `${room} may not import ${isType ? 'types of ' : ''}${target}`);
}

/** The first circle that is found, as the path around it. */
function findCircle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Which runs code of which; types make no circle, since nothing of them runs. */
function edgesOf(modules: readonly SourceModule[], name: (path: string) => string) {
  const edges = new Map<string, Set<string>>();
  for (const { path, imports } of modules) {
    const targets = imports.filter(({ isFile, isType }) => isFile && !isType).map(({ target }) => name(target));
    const known = edges.get(name(path)) ?? new Set();
    edges.set(name(path), known.union(new Set(targets.filter((target) => target !== name(path)))));
  }
  return edges;
}

describe('imports', () => {
  test('follow the table of rooms', () => expect(offences(sources, forbiddenImports)).toEqual([]));

  test('no circle between rooms', () => expect(findCircle(edgesOf(sources, roomOf))).toBeUndefined());

  test('no circle between files', () => expect(findCircle(edgesOf(sources, (path) => path))).toBeUndefined());

  test('only the Cloudflare side knows cloudflare: modules', () => {
    const mayKnow = /^(src\/platform\/cloudflare\/|durable-objects\/|src\/worker\.ts$)/;
    const knowing = sources.filter(({ imports }) => imports.some(({ target }) => target.startsWith('cloudflare:')));
    expect(knowing.map(({ path }) => path).filter((path) => !mayKnow.test(path))).toEqual([]);
  });
});

describe('sizes', () => {
  const linesOf = ({ text }: SourceModule) => text.trimEnd().split('\n').length;
  const tooLong = (max: number) => (module: SourceModule) =>
    linesOf(module) > max ? [`${linesOf(module)} lines, at most ${max}`] : [];

  test('of source files', () => expect(offences(sources, tooLong(MAX_SOURCE_LINES))).toEqual([]));

  test('of Durable Object classes, which only wire', () => {
    const objects = sources.filter(({ path }) => path.startsWith('durable-objects/'));
    expect(offences(objects, tooLong(MAX_DURABLE_OBJECT_LINES))).toEqual([]);
  });

  test('of functions', () =>
    expect(offences(sources, (module) => longFunctions(module, MAX_FUNCTION_LINES))).toEqual([]));
});

describe('names', () => {
  test('are kebab-case nouns and say what a file holds', () => {
    const vague = /^(utils?|helpers?|common|misc|shared|.*-(utils?|helpers?|manager)|manager)(\.test)?\.tsx?$/;
    const files = [...sources, ...tests].map(({ path }) => path);
    expect(files.filter((path) => vague.test(basename(path)))).toEqual([]);
    expect(
      files.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*((\.property)?\.test|\.d)?\.tsx?$/.test(basename(path))),
    ).toEqual([]);
  });
});

describe('text', () => {
  test('holds no unfinished work', () => {
    const mark = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    const marked = written.filter((path) => mark.test(readFileSync(join(repository, path), 'utf8')));
    expect(marked).toEqual([]);
  });

  test('silences no compiler and skips no test', () => {
    const silenced =
      /@ts-(ignore|nocheck|expect-error)|\b(describe|test|it)(\.\w+)*\.(only|skip|todo|fails|skipIf|runIf)\b/;
    const find = ({ text }: SourceModule) =>
      text.split('\n').filter((line) => silenced.test(line) && !line.includes('silenced ='));
    expect(offences([...sources, ...tests], find)).toEqual([]);
  });

  test('lets no write be acknowledged before it is durable', () =>
    expect(offences(sources, ({ text }) => text.match(/allowUnconfirmed/g) ?? [])).toEqual([]));
});

describe('SQL', () => {
  test('asks the engine for no time and no randomness: both are arguments', () => {
    const impure = /\b(randomblob|random|unixepoch|datetime|julianday|strftime)\s*\(|CURRENT_(TIMESTAMP|TIME|DATE)/gi;
    const statements = /(['"`])\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|REPLACE|WITH)\s[\s\S]*?\1/g;
    const find = ({ text }: SourceModule) =>
      (text.match(statements) ?? []).filter((statement) => statement.match(impure));
    expect(offences(sources, find)).toEqual([]);
  });

  test('is constant text, but for the table names of segments', () => {
    const domains = sources.filter(({ path }) => !path.startsWith('src/platform/'));
    expect(offences(domains, spliced)).toEqual([]);
  });

  test('stays out of Durable Object classes, doors and the client', () => {
    const outside = sources.filter(({ path }) => /^(durable-objects|src\/(api|client|cli|gateway|json))\//.test(path));
    const statement =
      /['"`]\s*(?:SELECT\s.+\sFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|(?:CREATE|DROP|ALTER) TABLE)\s/g;
    expect(offences(outside, ({ text }) => text.match(statement) ?? [])).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const offending = (path: string, text: string) => forbiddenImports(parseSourceModule(path, text));

  test('catch every form of import', () => {
    const forms = [
      "import { DurableObject } from 'cloudflare:workers';",
      "import type { DurableObject } from 'cloudflare:workers';",
      "export * from 'cloudflare:workers';",
      "const workers = await import('cloudflare:workers');",
      "type Workers = typeof import('cloudflare:workers');",
      "import '../api/app.ts';",
      "import {\n  app,\n} from '../api/app.ts';",
    ];
    for (const form of forms) expect([form, offending('src/log/x.ts', form).length]).toEqual([form, 1]);
  });

  test('tell types from code', () => {
    expect(offending('src/log/x.ts', "import type { T } from '../topics/y.ts';")).toEqual([]);
    expect(offending('src/log/x.ts', "import { type T } from '../topics/y.ts';")).toEqual([]);
    expect(offending('src/log/x.ts', "import { type T, v } from '../topics/y.ts';")).toHaveLength(1);
  });

  test('find a circle', () => {
    const circle = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['b'])],
    ]);
    expect(findCircle(circle)).toEqual(['b', 'c', 'b']);
  });

  test('find text spliced into SQL', () => {
    const find = (body: string) => spliced(parseSourceModule('src/log/x.ts', body));
    expect(find('run(`DELETE FROM ${name}`)')).toEqual(['name']);
    expect(find("const name = 'topic'; run(`DELETE FROM ${name}`)")).toEqual([]);
    expect(find('const name = input; run(`DELETE FROM ${name}`)')).toEqual(['name']);
    expect(find("class S { #r(w: string) { run(`DELETE FROM t ${w}`); } a() { this.#r('WHERE x'); } }")).toEqual([]);
    expect(find('class S { #r(w: string) { run(`DELETE FROM t ${w}`); } a(x) { this.#r(x); } }')).toEqual(['w']);
    expect(find('run(`SELECT * FROM ${segmentTable(base)} WHERE a = ${a}`)')).toEqual(['a']);
  });

  test('count the lines of a function', () => {
    const body = `export function long() {\n${'  step();\n'.repeat(69)}}`;
    expect(longFunctions(parseSourceModule('src/log/x.ts', body), MAX_FUNCTION_LINES)).toEqual(['long (71 lines)']);
  });
});
