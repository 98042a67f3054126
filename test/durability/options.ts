import { parseArgs } from 'node:util';

export type DurabilityOptions = {
  readonly cycles: number;
  readonly partitions: number;
  readonly batchWriters: number;
  readonly socketWriters: number;
  readonly clientWriters: number;
  readonly keyedWriters: number;
  readonly readers: number;
  readonly subscribers: number;
  /** Share of the cycles in which the platform is frozen for a while before it is killed. */
  readonly freezeShare: number;
  readonly topicConfig: Readonly<Record<string, string>>;
  /** After `cycles` it goes on until this many requests were acknowledged, or the minutes are up. */
  readonly acks: number;
  readonly minutes: number;
  /** Leaves out all other topics: those whose records are deleted and compacted meanwhile, and those of groups. */
  readonly onlyKept: boolean;
  /** Where the history of the run is left; beside the data, and removed with it, by default. */
  readonly historyPath: string | null;
  /** Restarts of a platform that holds one large partition. */
  readonly restarts: number;
  readonly largeBytes: number;
  /** Appends whose system calls are checked for their order. */
  readonly tracedAppends: number;
  /** Holds the data; a new one in the system's temporary directory, removed at the end, by default. */
  readonly dataDir: string | null;
};

export const help = `Usage: npm run test:durability -- [options]

Kills the real platform with SIGKILL again and again under load, then checks that every acknowledged record is there
once, in order, where it was acknowledged. docs/correctness.md explains the checks and the figures.

Options:
  --cycles N          the least number of kills (default 100; 0 leaves them out)
  --partitions N      of the topic (default 3)
  --batch-writers N   idempotent producers over HTTP, one batch at a time (default 8)
  --socket-writers N  binary WebSockets, each of 16 idempotent producers with five batches at a time (default 6)
  --client-writers N  the TypeScript client's producers (default 2)
  --keyed-writers N   JSON requests under an Idempotency-Key (default 4)
  --readers N         readers of pages over HTTP (default 2)
  --subscribers N     in turn the client over JSON, over binary frames, and Server-Sent Events (default 3)
  --freezes SHARE     share of the cycles with a SIGSTOP of up to 1.5 s before the kill (default 0.05)
  --config KEY=VALUE  a config of the topic that keeps everything, may be repeated
  --only-kept         leaves out all other topics: those that are deleted and compacted, and those of groups
  --history FILE      leaves the history there, for "millrace check FILE"
  --acks N            goes on beyond the cycles until this many requests were acknowledged (default 50000) ...
  --minutes N         ... but starts no further cycle after this long (default 5)
  --restarts N        kills of a platform with one large partition, timing the first append (default 20; 0 leaves it out)
  --large-bytes N     how much that partition holds (default 268435456)
  --traced-appends N  appends whose fsync is checked with strace (default 50; 0 leaves it out)
  --data DIR          where the data lies (default: a temporary directory)
`;

/** Null when help was asked for; throws a TypeError for what it does not know. */
export function readOptions(args: readonly string[]): DurabilityOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cycles: { type: 'string', default: '100' },
      partitions: { type: 'string', default: '3' },
      'batch-writers': { type: 'string', default: '8' },
      'socket-writers': { type: 'string', default: '6' },
      'client-writers': { type: 'string', default: '2' },
      'keyed-writers': { type: 'string', default: '4' },
      readers: { type: 'string', default: '2' },
      subscribers: { type: 'string', default: '3' },
      freezes: { type: 'string', default: '0.05' },
      config: { type: 'string', multiple: true, default: [] },
      'only-kept': { type: 'boolean', default: false },
      history: { type: 'string' },
      acks: { type: 'string', default: '50000' },
      minutes: { type: 'string', default: '5' },
      restarts: { type: 'string', default: '20' },
      'large-bytes': { type: 'string', default: String(256 * 1024 * 1024) },
      'traced-appends': { type: 'string', default: '50' },
      data: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    cycles: count(values.cycles, '--cycles'),
    partitions: count(values.partitions, '--partitions'),
    batchWriters: count(values['batch-writers'], '--batch-writers'),
    socketWriters: count(values['socket-writers'], '--socket-writers'),
    clientWriters: count(values['client-writers'], '--client-writers'),
    keyedWriters: count(values['keyed-writers'], '--keyed-writers'),
    readers: count(values.readers, '--readers'),
    subscribers: count(values.subscribers, '--subscribers'),
    freezeShare: Number(values.freezes),
    topicConfig: Object.fromEntries(values.config.map(pair)),
    onlyKept: values['only-kept'],
    historyPath: values.history ?? null,
    acks: count(values.acks, '--acks'),
    minutes: count(values.minutes, '--minutes'),
    restarts: count(values.restarts, '--restarts'),
    largeBytes: count(values['large-bytes'], '--large-bytes'),
    tracedAppends: count(values['traced-appends'], '--traced-appends'),
    dataDir: values.data ?? null,
  };
}

function count(text: string, option: string): number {
  if (!/^\d+$/.test(text)) throw new TypeError(`${option} takes a whole number, not "${text}"`);
  return Number(text);
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new TypeError(`--config takes KEY=VALUE, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}
