import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { MillraceError, type Producer, type ProducerRecord } from '../../client/index.ts';
import { parseJsonPointer } from '../../json/json-pointer.ts';
import type { LineBlock } from '../../record-files/line-blocks.ts';
import { type RecordFormat, RecordReader } from '../../record-files/record-reader.ts';
import { keyValuePairs, parseArguments, wholeNumber } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { AckLedger } from '../input/ack-ledger.ts';
import { Pacer } from '../input/pacer.ts';
import { readSources } from '../input/sources.ts';
import { Progress } from '../output/progress.ts';

export const produce: Command = {
  help: `Usage: millrace produce TOPIC [FILE]... [options]

Sends every line of the files, or of standard input, to a topic as one record. Records of one key stay in order.
Nothing is stored twice, however often a request is repeated; when it fails it says which lines are stored.

Options:
  --format FORM        lines (the default: a line is a value as it stands), ndjson (a line is a JSON value, checked and
                       stored byte for byte), json (a line describes a record: key, value, headers, timestamp; what
                       "millrace consume" prints)
  --key POINTER        with ndjson: JSON pointer to the part of each value that is its key, e.g. /customer/id
  --key-separator TEXT with lines: what stands between key and value; \\t is a tab
  -p, --partition N    send everything to one partition
  --header NAME=VALUE  add a header to each record; may be repeated
  --rate N             at most N records a second, e.g. 500 or 500/s
  --skip N             leave out the first N lines: how a run that failed goes on
  --progress           say how far it is, every second, also without a terminal

Examples:
  echo hello | millrace produce greetings
  millrace produce orders orders.ndjson --format ndjson --key /customer/id
  printf 'ada:1\\nbob:2\\n' | millrace produce scores --key-separator :
  millrace consume orders | millrace produce orders-copy --format json
  tail -f app.log | millrace produce logs --rate 500/s --header host=web-1
`,
  run: runProduce,
};

const options = {
  format: { type: 'string' },
  key: { type: 'string' },
  'key-separator': { type: 'string' },
  partition: { type: 'string', short: 'p' },
  header: { type: 'string', multiple: true },
  rate: { type: 'string' },
  skip: { type: 'string' },
  progress: { type: 'boolean', default: false },
} as const;

async function runProduce(invocation: Invocation): Promise<number> {
  const { argv, client, terminal } = invocation;
  const { values, positionals } = parseArguments(argv, options);
  const [topic, ...paths] = positionals;
  if (topic === undefined) throw new UsageError('the topic is missing.');
  const reader = new RecordReader(formatOf(values.format, values.key, values['key-separator']));
  const partition = wholeNumber(values.partition, '--partition', 0);
  const headers = keyValuePairs(values.header ?? [], '--header').map(([name, value]) => ({ name, value }));
  const skip = wholeNumber(values.skip, '--skip', 0) ?? 0;
  const rate = wholeNumber(values.rate?.replace(/\/s$/, ''), '--rate', 1);
  const totalBytes = sizeOf(paths);

  // Asked first, so that a wrong name is told before anything is read.
  await client.topics.describe(topic);
  await using producer = client.producer({ topic, maxInFlightBytes: inFlightBytesMax });
  const showsProgress = values.progress || terminal.isInteractive;
  const progress = new Progress(terminal, showsProgress ? 'records' : null, totalBytes);
  const run = new ProduceRun(
    producer,
    new AckLedger(skip),
    progress,
    rate === undefined ? null : new Pacer(rate, performance.now()),
  );
  const decorate = decorator(partition, headers);
  process.once('SIGINT', () => run.stop());
  process.once('SIGTERM', () => run.stop());
  await run.sendAll(readSources(paths, process.stdin, skip), reader, decorate);
  progress.end();
  return conclude(run, reader, invocation);
}

/** Enough to keep every partition's requests full, and little enough to notice a platform that does not answer. */
const inFlightBytesMax = 16 * 1024 * 1024;

type Problem = { readonly line: number; readonly message: string };

/** One pass over the input. */
class ProduceRun {
  readonly ledger: AckLedger;
  readonly progress: Progress;
  /** The first failure of the platform's. */
  failure: unknown = null;
  /** A line that is no record. */
  problem: Problem | null = null;
  isInterrupted = false;
  readonly #producer: Producer;
  readonly #pacer: Pacer | null;
  readonly #stop = new AbortController();

  constructor(producer: Producer, ledger: AckLedger, progress: Progress, pacer: Pacer | null) {
    this.#producer = producer;
    this.ledger = ledger;
    this.progress = progress;
    this.#pacer = pacer;
  }

  /** Reads no more; what was sent is still waited for. */
  stop(): void {
    this.isInterrupted = true;
    this.#stop.abort();
  }

  async sendAll(
    blocks: AsyncGenerator<LineBlock, void, undefined>,
    reader: RecordReader,
    decorate: (record: ProducerRecord) => ProducerRecord,
  ): Promise<void> {
    const { signal } = this.#stop;
    const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    while (!signal.aborted && this.failure === null && this.problem === null) {
      // Standard input may stay silent for ever, so the wait for it must end with the run.
      const next = await Promise.race([blocks.next(), stopped]);
      if (next === undefined || next.done) break;
      const { records, problem } = reader.read(next.value);
      this.problem = problem;
      await this.#send(records.map(decorate), next.value.firstLine);
    }
    await this.#producer.flush();
  }

  async #send(records: readonly ProducerRecord[], firstLine: number): Promise<void> {
    const groupMax = this.#pacer?.groupRecordsMax ?? records.length;
    for (let start = 0; start < records.length && this.failure === null; start += groupMax) {
      const group = records.slice(start, start + groupMax);
      const waitMs = this.#pacer?.due(group.length, performance.now()) ?? 0;
      if (waitMs > 0) await pause(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.isInterrupted) return;
      await this.#producer.ready();
      void this.#track(group, firstLine + start);
    }
  }

  async #track(group: readonly ProducerRecord[], firstLine: number): Promise<void> {
    const store = this.ledger.open(firstLine, group.length);
    try {
      store(await this.#producer.send(group));
      this.progress.add(
        group.length,
        group.reduce((sum, { value }) => sum + ((value as Uint8Array | null) ?? '').length + 1, 0),
      );
    } catch (thrown) {
      this.failure ??= thrown;
    }
  }
}

function conclude(run: ProduceRun, reader: RecordReader, { output, terminal, json }: Invocation): number {
  const { ledger, progress, failure, problem } = run;
  const isComplete = failure === null && problem === null && !run.isInterrupted;
  if (json) {
    output.line(
      JSON.stringify({
        records: ledger.stored,
        elapsed_ms: Math.round(progress.elapsedMs),
        complete: isComplete,
        stored_through_line: ledger.storedThrough,
        partitions: Object.fromEntries(
          [...ledger.partitions].map(([partition, { firstOffset, lastOffset, records }]) => [
            partition,
            { first_offset: firstOffset, last_offset: lastOffset, records },
          ]),
        ),
      }),
    );
  }
  if (isComplete) {
    terminal.say(progress.summary());
    return exitCode.ok;
  }
  const beyond = ledger.storedBeyond;
  const again = beyond === 0 ? '' : `; ${beyond} records of later lines are stored too and would be stored again`;
  terminal.warn(`lines up to ${ledger.storedThrough} are stored (${ledger.stored} records acknowledged)`);
  terminal.warn(`  go on with: --skip ${ledger.storedThrough}${again}`);
  if (problem !== null && failure === null) {
    throw new MillraceError({
      code: reader.problemCode,
      message: `line ${problem.line}: ${problem.message}`,
      status: null,
    });
  }
  if (failure !== null) throw failure;
  terminal.warn('millrace produce: interrupted');
  return exitCode.failed;
}

function formatOf(form: string | undefined, key: string | undefined, separator: string | undefined): RecordFormat {
  const kind = form ?? (key === undefined ? 'lines' : 'ndjson');
  if (key !== undefined && kind !== 'ndjson') throw new UsageError(`--key goes with --format ndjson, not ${kind}.`);
  if (separator !== undefined && kind !== 'lines') {
    throw new UsageError(`--key-separator goes with --format lines, not ${kind}.`);
  }
  switch (kind) {
    case 'lines': {
      if (separator === '') throw new UsageError('--key-separator is empty.');
      const keySeparator = separator === undefined ? null : new TextEncoder().encode(separator.replaceAll('\\t', '\t'));
      return { kind, keySeparator };
    }
    case 'ndjson': {
      if (key === undefined) return { kind, keyPointer: null };
      const pointer = parseJsonPointer(key);
      if (!pointer.ok) throw new UsageError(`--${pointer.error.message}`);
      return { kind, keyPointer: pointer.value };
    }
    case 'json':
      return { kind };
    default:
      throw new UsageError(`--format takes lines, ndjson or json, not "${kind}".`);
  }
}

/** What the command line says about every record. */
function decorator(
  partition: number | undefined,
  headers: readonly { readonly name: string; readonly value: string }[],
): (record: ProducerRecord) => ProducerRecord {
  if (partition === undefined && headers.length === 0) return (record) => record;
  return (record) => ({
    ...record,
    partition: partition ?? record.partition,
    headers: [...((record.headers as typeof headers | undefined) ?? []), ...headers],
  });
}

/** Bytes of all the files together, for a percentage; null when one of them is no plain file. */
function sizeOf(paths: readonly string[]): number | null {
  let bytes = 0;
  for (const path of paths) {
    const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile()) return null;
    bytes += stats.size;
  }
  return paths.length === 0 ? null : bytes;
}
