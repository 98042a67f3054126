import { globalHelp } from '../arguments.ts';
import { type OptionUsage, readOptionList, readUsage, type VerbUsage } from './usage-grammar.ts';

/** What may be offered where a value stands. */
export type Offer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'files' | 'folders' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** The first column of what this command prints, as `topics list`. */
  | { readonly kind: 'names'; readonly list: string };

export type PlaceOption = { readonly name: string; readonly letter: string | null; readonly value: Offer | null };

/** What may follow some words of a command line. */
export type Place = {
  /** `millrace`, `millrace topics`, `millrace topics create`. */
  readonly path: string;
  /** Words that lead on to another place. */
  readonly words: readonly { readonly word: string; readonly summary: string }[];
  readonly options: readonly PlaceOption[];
  /** The last one stands for all that come after it too. */
  readonly operands: readonly Offer[];
};

type Documented = {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  readonly ownsOptions: boolean;
};

/** Every place of the command line, out of the help of its commands. */
export function placesOf(commands: readonly Documented[]): Place[] {
  const places = new Map<string, Place>();
  const at = (path: string): Place => places.get(path) ?? { path, words: [], options: [], operands: [] };
  const root = 'millrace';
  const words = commands.map(({ name, summary }) => ({ word: name, summary }));
  const help = { word: 'help', summary: 'show all commands, or the help of one' };
  places.set(root, { ...at(root), words: [...words, help] });
  const helped = { kind: 'words', words: commands.map(({ name }) => name) } as const;
  places.set(`${root} help`, { ...at(`${root} help`), operands: [helped] });
  for (const command of commands) {
    const global = command.ownsOptions ? [] : readOptionList(globalHelp);
    for (const verb of readUsage(command.help)) addVerb(places, at, verb, global);
  }
  return [...places.values()];
}

function addVerb(
  places: Map<string, Place>,
  at: (path: string) => Place,
  { path, options, operands }: VerbUsage,
  global: readonly OptionUsage[],
): void {
  for (let count = 1; count < path.length; count += 1) {
    const place = at(['millrace', ...path.slice(0, count)].join(' '));
    const word = path[count]!;
    const isKnown = place.words.some((known) => known.word === word);
    places.set(place.path, isKnown ? place : { ...place, words: [...place.words, { word, summary: '' }] });
  }
  const place = at(['millrace', ...path].join(' '));
  places.set(place.path, {
    ...place,
    options: [...options, ...global].map(({ name, letter, value }) => ({
      name,
      letter,
      value: value === null ? null : offerOf(value, path[0]!),
    })),
    operands: operands.map((word) => offerOf(word, path[0]!)),
  });
}

const operations = [
  ...['read', 'write', 'create', 'delete', 'alter', 'describe', 'describe_configs', 'alter_configs'],
  ...['idempotent_write', 'cluster_action', 'all'],
];

const metrics = [
  ...['lag', 'lag_ms', 'records_in_per_second', 'bytes_in_per_second', 'stored_bytes', 'damaged_ranges'],
  'budget_percent',
];

const names = (list: string): Offer => ({ kind: 'names', list });

/** By the word of the usage; one that means something of its own in a command is found with that command's name. */
const offers: Readonly<Record<string, Offer>> = {
  TOPIC: names('topics list'),
  'topics ADDRESS': names('topics list'),
  'consume ADDRESS': names('topics list'),
  'open ADDRESS': names('topics list'),
  GROUP: names('groups list'),
  'share GROUP': names('share list'),
  'jobs JOB': names('jobs list'),
  'jobs SOURCE': names('topics list'),
  'jobs TARGET': names('topics list'),
  TRANSACTIONAL_ID: names('transactions list'),
  'keys KEY': names('keys list'),
  'tokens KEY': names('keys list'),
  'quotas KEY': names('keys list'),
  ALERT: names('alerts list'),
  METRIC: { kind: 'words', words: metrics },
  MEMBER: names('orgs members list'),
  SECRET: names('tokens list-secrets'),
  FILE: { kind: 'files' },
  DIR: { kind: 'folders' },
  FOLDER: { kind: 'folders' },
  ROLE: { kind: 'words', words: ['owner', 'admin', 'developer', 'viewer'] },
  OP: { kind: 'words', words: operations },
  WHERE: { kind: 'words', words: ['earliest', 'latest'] },
};

/** What stands for a value says what may be offered: its word, or the choices in it (`batches|ndjson`). */
function offerOf(word: string, command: string): Offer {
  const choices = word.split('|').filter((choice) => /^[a-z][a-z-]*$/.test(choice));
  if (word.includes('|') && choices.length > 0) return { kind: 'words', words: choices };
  return offers[`${command} ${word}`] ?? offers[word] ?? { kind: 'nothing' };
}
