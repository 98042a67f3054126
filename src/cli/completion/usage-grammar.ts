/** An option as a usage shows it; `value` is the word that stands for what it takes, null for one that takes nothing. */
export type OptionUsage = { readonly name: string; readonly letter: string | null; readonly value: string | null };

/** What may be written behind some words of a command. */
export type VerbUsage = {
  /** The command and its verbs: `['orgs', 'members', 'invite']`. */
  readonly path: readonly string[];
  readonly options: readonly OptionUsage[];
  /** The words that stand for its operands, in their order. */
  readonly operands: readonly string[];
};

/**
 * Reads the verbs of a command out of its help, which is the one place where they are written down: the lines from
 * `Usage:` on, the list below `Options:`, and what `RESOURCE is one of --topic NAME, ...` says of a word in the usage.
 */
export function readUsage(help: string): VerbUsage[] {
  const listed = readOptionList(help);
  const verbs = new Map<string, VerbUsage>();
  for (const line of usageLines(help)) {
    const read = readUsageLine(line, help);
    const earlier = verbs.get(read.path.join(' '));
    verbs.set(read.path.join(' '), {
      path: read.path,
      options: unique([...(earlier?.options ?? []), ...read.options, ...listed]),
      operands:
        earlier !== undefined && earlier.operands.length > read.operands.length ? earlier.operands : read.operands,
    });
  }
  return [...verbs.values()];
}

/** The options that are listed below `Options`, a line each; letters are theirs alone. */
export function readOptionList(help: string): OptionUsage[] {
  const list = /^Options[^\n]*:\n((?: {2,}.*\n?)*)/m.exec(help)?.[1] ?? '';
  return [...list.matchAll(/^ {2}(?:-(\w), )?--([a-z-]+)(?: ([A-Z]\S*))?(?=\s)/gm)].map(
    ([, letter = null, name, value = null]) => ({ name: name!, letter, value }),
  );
}

/** Each usage in one line, without `millrace`; one that goes on in the next line is indented further than that word. */
function usageLines(help: string): string[] {
  const block = /^Usage: ((?:.+\n)+)/.exec(help)?.[1] ?? '';
  return block
    .replaceAll(/\n {8,}/g, ' ')
    .split('\n')
    .map((line) => line.trim().replace(/^millrace\s*/, ''))
    .filter((line) => line !== '');
}

function readUsageLine(line: string, help: string): VerbUsage {
  const words = /^(?:[a-z][a-z-]*(?: |$))*/.exec(line)?.[0] ?? '';
  const rest = line
    .slice(words.length)
    .replaceAll(/\[options\]/g, '')
    .replaceAll(/\b[A-Z]+\b/g, (word) => placeholderOf(word, help) ?? word);
  const options = [...rest.matchAll(/--([a-z-]+)(?: ([^\s[\]()|-][^\s[\]()]*))?/g)].map(([, name, value]) => ({
    name: name!,
    letter: null,
    value: value?.replace(/\.+$/, '') ?? null,
  }));
  const operands = rest
    .replaceAll(/--[a-z-]+(?: [^\s[\]()|-][^\s[\]()]*)?/g, ' ')
    .split(/[\s[\]().]+/)
    .filter((word) => /^[A-Z_]+$|^[a-z]+(?:\|[a-z]+)+$/.test(word));
  return { path: words.trim().split(' '), options: unique(options), operands };
}

/** What a word of the usage stands for, where the help says that it is one of some options. */
function placeholderOf(word: string, help: string): string | null {
  const said = new RegExp(`\\b${word} is one of (--[^;.]*)`).exec(help)?.[1];
  return said === undefined ? null : said.replaceAll(/,\s*/g, ' | ');
}

function unique(options: readonly OptionUsage[]): OptionUsage[] {
  const byName = new Map<string, OptionUsage>();
  for (const option of options) {
    const earlier = byName.get(option.name);
    byName.set(option.name, {
      name: option.name,
      letter: earlier?.letter ?? option.letter,
      value: earlier?.value ?? option.value,
    });
  }
  return [...byName.values()];
}
