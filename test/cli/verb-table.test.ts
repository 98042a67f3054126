import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/command-table.ts';
import { readUsage, type VerbUsage } from '../../src/cli/completion/usage-grammar.ts';

/** Whatever a command asks of it is a failure: arguments are looked at before anybody is called. */
const untouchable = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(`the arguments were wrong, and yet "${String(name)}" was asked for`);
    },
  },
);

const all = await Promise.all(
  Object.entries(commands).map(async ([name, { load, ownsOptions = false }]) => ({
    name,
    ownsOptions,
    command: await load(),
  })),
);

/** Without those that look at every word themselves. */
const loaded = all.filter(({ ownsOptions }) => !ownsOptions);

/** The command and verbs with what each takes, as help and completion have them. */
const table = loaded.flatMap(({ name, command }) => readUsage(command.help).map((usage) => ({ name, command, usage })));

type Listed = (typeof table)[number];

async function refusalOf({ command }: Pick<Listed, 'command'>, argv: readonly string[]): Promise<UsageError> {
  const invocation = { argv, client: untouchable, door: untouchable, caller: {}, output: untouchable };
  const run = command.run({ ...invocation, terminal: untouchable, json: false } as never);
  const thrown = await run.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(UsageError);
  return thrown as UsageError;
}

const wordsOf = ({ path, operands }: VerbUsage) => [...path.slice(1), ...operands.map(() => 'x')];

describe('the help of every command', () => {
  test.each(loaded)('of $name begins with its usage and ends with examples', ({ name, command }) => {
    const usages = readUsage(command.help);
    expect(usages.length).toBeGreaterThan(0);
    for (const { path } of usages) expect(path[0]).toBe(name);
    expect(command.help).toMatch(/\n$/);
    for (const line of command.help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(125);
  });

  test.each(table)('names the options that $usage.path takes, and no others', async (listed) => {
    const { known } = await refusalOf(listed, [...wordsOf(listed.usage), '--no-such-option']);
    expect(listed.usage.options.map(({ name }) => name).sort()).toEqual([...known].sort());
  });

  const parents = new Map<string, Listed & { readonly words: readonly string[] }>();
  for (const listed of table) {
    for (let count = 1; count < listed.usage.path.length; count += 1) {
      const words = listed.usage.path.slice(0, count);
      parents.set(words.join(' '), { ...listed, words });
    }
  }

  test.each([...parents.values()])('names the verbs of $words', async (listed) => {
    const { words } = listed;
    const named = table
      .map(({ usage }) => usage.path)
      .filter((path) => path.length > words.length && words.every((word, index) => path[index] === word))
      .map((path) => path[words.length]!);
    const { known } = await refusalOf(listed, [...words.slice(1), 'no-such-verb']);
    expect([...new Set(named)].sort()).toEqual([...known].sort());
  });
});

describe('a word that was typed wrongly', () => {
  const topics = table.find(({ name }) => name === 'topics')!;

  test('is answered with the one that is meant', async () => {
    expect((await refusalOf(topics, ['discribe'])).message).toContain('(did you mean "describe"?)');
    expect((await refusalOf(topics, ['create', 'x', '--partition', '3'])).message).toContain(
      '(did you mean "partitions"?)',
    );
  });

  test('is answered with the list alone where none is close', async () => {
    expect((await refusalOf(topics, ['frobnicate'])).message).not.toContain('did you mean');
  });
});

test('docs/cli.md shows the usage of every command (WRITE_DOCS=1 writes it)', () => {
  const path = join(import.meta.dirname, '../../docs/cli.md');
  const page = readFileSync(path, 'utf8');
  const block = /(?<=<!-- verbs[^\n]*-->\n).*(?=<!-- \/verbs -->)/s;
  expect(page).toMatch(block);
  const usages = all.map(
    ({ command }) => /^Usage: ((?:.+\n)+)/.exec(command.help)?.[1]?.replaceAll(/^ {7}/gm, '') ?? '',
  );
  const current = page.replace(block, () => `\`\`\`\n${usages.join('\n')}\`\`\`\n`);
  if (process.env.WRITE_DOCS === '1') writeFileSync(path, current);
  expect(readFileSync(path, 'utf8')).toBe(current);
});
