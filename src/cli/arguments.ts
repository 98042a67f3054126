import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './command.ts';
import { suggestion } from './suggestion.ts';

export type GlobalOptions = {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly help: boolean;
  /** What is left for the command. */
  readonly argv: readonly string[];
};

export const defaultUrl = 'http://127.0.0.1:8787';

export const globalHelp = `Options of every command:
  --url URL   the platform (default $MILLRACE_URL, or ${defaultUrl})
  --api-key K the API key, or the operator's (default $MILLRACE_API_KEY)
  --json      answer as JSON, for programs
  --quiet     no progress and no summary on standard error
  --help      show this help

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 denied, 5 throttled.
`;

/**
 * Takes the global options out, wherever they stand. A word that looks like one but is the value of an option of the
 * command's own cannot be told apart, and must be given as --option=value; after -- nothing is taken.
 */
export function takeGlobalOptions(words: readonly string[], env: NodeJS.ProcessEnv): GlobalOptions {
  const argv: string[] = [];
  let url = env.MILLRACE_URL || defaultUrl;
  let apiKey = env.MILLRACE_API_KEY || undefined;
  let help = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--') {
      argv.push(...words.slice(index));
      break;
    }
    if (word === '--url') {
      url = words[++index] ?? missingValue('--url');
    } else if (word.startsWith('--url=')) {
      url = word.slice('--url='.length);
    } else if (word === '--api-key') {
      apiKey = words[++index] ?? missingValue('--api-key');
    } else if (word.startsWith('--api-key=')) {
      apiKey = word.slice('--api-key='.length);
    } else if (word === '--help' || word === '-h') {
      help = true;
    } else if (!answerOptions.includes(word)) {
      argv.push(word);
    }
  }
  return { url, apiKey, help, argv };
}

/** How a command answers: {@link hasOption} finds them. */
const answerOptions: readonly string[] = ['--json', '--quiet'];

/** Whether a global option stands among the words. */
export function hasOption(words: readonly string[], option: '--json' | '--quiet'): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? words.length : end).includes(option);
}

/** parseArgs with our error; a value that begins with a dash and a digit (`--from -15m`) is taken as it is meant. */
export function parseArguments<const Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: joinNegativeValues(argv), options, allowPositionals: true, strict: true });
  } catch (thrown) {
    throw wrongOption((thrown as Error).message, Object.keys(options));
  }
}

function wrongOption(message: string, known: readonly string[]): UsageError {
  const [, unknown] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
  const said = message.replace(/\. To specify a positional.*$/s, '');
  return new UsageError(unknown === undefined ? `${said}.` : `${said}${suggestion(unknown, known)}.`, known);
}

/** A whole number of an option; `name` is for the message. */
export function wholeNumber(text: string | undefined, name: string, min: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < min) {
    throw new UsageError(`${name} takes a whole number from ${min} on, not "${text}".`);
  }
  return number;
}

/** Exactly these positionals, named for the message. */
export function requirePositionals(positionals: readonly string[], names: readonly string[]): readonly string[] {
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const extra = positionals[names.length];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many.`);
  return positionals;
}

/** `key=value` pairs of a repeatable option. */
export function keyValuePairs(pairs: readonly string[], name: string): [key: string, value: string][] {
  return pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0) throw new UsageError(`${name} takes KEY=VALUE, not "${pair}".`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

function joinNegativeValues(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    const previous = joined.at(-1);
    if (/^-\d/.test(word) && previous !== undefined && /^--[a-z-]+$/.test(previous)) {
      joined[joined.length - 1] = `${previous}=${word}`;
    } else {
      joined.push(word);
    }
  }
  return joined;
}

function missingValue(option: string): never {
  throw new UsageError(`${option} needs a value.`);
}
