import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const main = join(import.meta.dirname, '../../../src/cli/main.ts');

/** What the shell would be told of topics: one of them has a name that a shell would run. */
const listed = `millrace() { printf 'TOPIC  PARTITIONS\\norders  3\\nflights  1\\n$(touch run-by-the-shell)  1\\n'; }`;

/** How each shell is asked what it would offer behind some words, the last of which is being written. */
const shells: Readonly<Record<string, (script: string, words: readonly string[]) => string[]>> = {
  bash: (script, words) => [
    '--norc',
    '-c',
    `source "$1"; ${listed}; COMP_WORDS=("\${@:2}"); COMP_CWORD=$(($# - 2)); _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    script,
    ...words,
  ],
  // As bashcompinit calls a function of bash.
  zsh: (script, words) => [
    '-f',
    '-c',
    `compdef() { }; source "$1"; ${listed}; shift; () {
       emulate -L sh; setopt kshglob noshglob braceexpand
       COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _millrace; printf '%s\\n' "\${COMPREPLY[@]}"
     } "$@"`,
    'zsh',
    script,
    ...words,
  ],
  fish: (script, words) => [
    '--no-config',
    '-c',
    `source $argv[1]; function millrace; printf 'TOPIC  PARTITIONS\\norders  3\\nflights  1\\n$(touch run-by-the-shell)  1\\n'; end
     complete -C "$argv[2]" | string split -f 1 \\t`,
    script,
    words.join(' '),
  ],
};

const present = Object.keys(shells).filter((shell) => spawnSync(shell, ['--version']).status === 0);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-completion-'));
  for (const shell of Object.keys(shells)) {
    writeFileSync(join(folder, shell), execFileSync(process.execPath, [main, 'completion', shell]));
  }
  writeFileSync(join(folder, 'records.ndjson'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('there is a shell to try it with', () => {
  expect(present).toContain('bash');
});

describe.each(present)('completion of %s', (shell) => {
  function offered(...words: string[]): string[] {
    const asked = spawnSync(shell, shells[shell]!(join(folder, shell), ['millrace', ...words]), {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(asked.stderr).toBe('');
    return asked.stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  }

  test('commands, verbs and verbs below verbs', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['topics', 'consume', 'completion', 'help']));
    expect(offered('pro')).toEqual(['produce']);
    expect(offered('topics', 'delete')).toEqual(['delete', 'delete-records']);
    expect(offered('orgs', 'members', '')).toEqual(['invite', 'list', 'remove', 'set-role']);
    expect(offered('help', 'au')).toEqual(['audit']);
    expect(offered('completion', '')).toEqual(['bash', 'fish', 'zsh']);
  });

  test('options of the verb, and those of every command', () => {
    expect(offered('topics', 'create', 'orders', '--p')).toEqual(['--partitions']);
    expect(offered('consume', 'orders', '--limit', '5', '--fo')).toEqual(['--follow']);
    expect(offered('acls', 'list', '--tr')).toEqual(['--transactional-id']);
    expect(offered('usage', 'budget', '--')).toEqual(expect.arrayContaining(['--dollars', '--json', '--url']));
    expect(offered('share', 'alter', 'work', '--de')).toEqual(['--dead-letters', '--delay-ms', '--delivery-limit']);
  });

  test('values that are known', () => {
    expect(offered('usage', '--by', '')).toEqual(['day', 'key', 'topic']);
    expect(offered('keys', 'create', 'reader', '--role', 'd')).toEqual(['developer']);
    expect(offered('topics', 'export', 'orders', '--form', '')).toEqual(['batches', 'ndjson']);
  });

  test('names that the platform lists, as operands and as values, but none that a shell would run', () => {
    expect(offered('topics', 'describe', '')).toEqual(['flights', 'orders']);
    expect(offered('consume', '--limit', '5', 'or')).toEqual(['orders']);
    expect(offered('maintenance', 'run', '--topic', 'f')).toEqual(['flights']);
  });

  test('files, where a file is meant', () => {
    expect(offered('produce', 'orders', 'rec')).toEqual(['records.ndjson']);
    expect(offered('audit', 'verify', '')).toContain('records.ndjson');
  });
});
