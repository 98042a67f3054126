import { parseArgs } from 'node:util';

/** How many flights are sent unless the command line says otherwise: a minute's work on a small machine. */
const defaultLimit = 200_000;

export const help = `Usage: npm run example:flights -- [options]

Sends real flights of 2001 to a topic with "millrace produce", reads them back through every door, and verifies that
each is there exactly once, in the order of its key, byte for byte. The platform has to run: npm start.

Options:
  --limit N        the first N flights of the file (default ${defaultLimit})
  --all            all 3,000,000
  --topic NAME     where they go (default flights); it is created unless it is there
  --partitions N   partitions of the topic, if it is created (default 4)
  --verify-only    send nothing, verify what an earlier run has sent with the same --limit or --all
  --url URL        the platform (default $MILLRACE_URL, or http://127.0.0.1:8787)
  --help           show this help

Examples:
  npm run example:flights
  npm run example:flights -- --all --topic all-flights --partitions 8
  npm run example:flights -- --verify-only

Watch it in a second terminal, once the topic is there:
  npx millrace consume flights --follow
`;

export type Options = {
  readonly url: string;
  readonly topic: string;
  /** Of the topic, if it is created. */
  readonly partitions: number;
  /** Flights from the file's beginning on; infinite for all. */
  readonly limit: number;
  readonly verifyOnly: boolean;
};

/** Reads the command line; null when help was asked for. Throws an Error that says what is wrong. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv): Options | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string', default: env.MILLRACE_URL || 'http://127.0.0.1:8787' },
      topic: { type: 'string', default: 'flights' },
      partitions: { type: 'string', default: '4' },
      limit: { type: 'string', default: String(defaultLimit) },
      all: { type: 'boolean', default: false },
      'verify-only': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const limit = positiveInteger('--limit', values.limit);
  return {
    url: values.url.replace(/\/+$/, ''),
    topic: values.topic,
    partitions: positiveInteger('--partitions', values.partitions),
    limit: values.all ? Number.POSITIVE_INFINITY : limit,
    verifyOnly: values['verify-only'],
  };
}

function positiveInteger(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1) throw new Error(`${name} takes a whole number from 1 on, not "${text}"`);
  return number;
}
