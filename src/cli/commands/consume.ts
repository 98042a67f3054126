import { type LogAddress, parseLogAddress } from '../../address/log-address.ts';
import type { ConsumedRecord, Consumer, ConsumerOptions, Topic } from '../../client/index.ts';
import { recordLine } from '../../record-files/record-line.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { checkEnd, offsetsAt } from '../input/log-offsets.ts';
import { parseStartPoint } from '../input/start-point.ts';
import type { Output } from '../output/output.ts';
import { Progress } from '../output/progress.ts';
import { parseRecordTemplate } from '../output/record-template.ts';
import { consumeInGroup } from './consume-in-group.ts';
import { consumeSearched, readWhere } from './consume-where.ts';

export const consume: Command = {
  help: `Usage: millrace consume ADDRESS [options]

Prints the records of a topic: all there are, then it ends; with --follow it stays and prints what comes.
An address is a topic (orders), a partition of it (orders/3), or either with where to begin (orders/3@8123456,
orders@-15m), which --partition and --from say too, and where to end (orders@-1h..-15m, orders/3@100..200).
Stop it with Ctrl-C. Lost connections are taken up again without losing or repeating a record.

Options:
  -f, --follow         stay and print what comes; starts at latest unless --from says otherwise
  --from WHERE         earliest (the default without --follow), latest, -15m (ago; s m h d),
                       2026-11-20T06:00:00Z, @ms, an offset, or a position
  -p, --partition N    only this partition; may be repeated
  -w, --where FILTER   only records that the filter means (docs/filter.md). Without --follow the platform searches and
                       sends what it finds; with it, records are tried here
  --every-partition    with --where: a filter that names a key looks into the other partitions too
  -n, --limit N        end after N records
  -o, --output FORM    json (a line of JSON a record; the default), raw (the bare value and a line's end), template
  --template TEXT      what to print of each record: %t topic %p partition %o offset %T timestamp %k key %s value
                       %h headers %K %S length of key and value, %% and \\n \\t \\r \\0 \\\\ \\xNN
  -g, --group GROUP    as a member of a consumer group: prints what the group has not read, shares the partitions
                       with its other members, and commits what it printed; --from is then earliest or latest, and
                       counts where the group has no offset yet
  --position           at the end, print the position to standard error: --from POSITION goes on there
  --progress           say how far it is, every second, on standard error

Examples:
  millrace consume orders
  millrace consume orders -f --from -15m
  millrace consume orders/0@8123 --limit 10
  millrace consume orders@-1h --where 'value.total > 100 && header["x-tenant"] == "a"'
  millrace consume orders@-15m
  millrace consume orders@2026-11-20T06:00Z..2026-11-20T07:00Z
  millrace consume orders --template '%p/%o %k %s\\n'
  millrace consume orders --output raw | jq .total
  millrace consume orders --group billing --follow
  millrace consume orders | millrace produce orders-copy --format json
`,
  run: runConsume,
};

const options = {
  follow: { type: 'boolean', short: 'f', default: false },
  from: { type: 'string' },
  partition: { type: 'string', short: 'p', multiple: true },
  group: { type: 'string', short: 'g' },
  where: { type: 'string', short: 'w' },
  'every-partition': { type: 'boolean', default: false },
  limit: { type: 'string', short: 'n' },
  output: { type: 'string', short: 'o' },
  template: { type: 'string' },
  position: { type: 'boolean', default: false },
  progress: { type: 'boolean', default: false },
} as const;

/** Up to this many partitions a bounded read takes the fast door, a socket each. */
const fastDoorPartitionsMax = 32;

async function runConsume(invocation: Invocation): Promise<number> {
  const { argv, client, output, terminal } = invocation;
  const { values, positionals } = parseArguments(argv, options);
  const [text] = requirePositionals(positionals, ['the topic']);
  const address = addressOf(text!, values);
  const write = writerOf(values.output, values.template, output);
  const limit = wholeNumber(values.limit, '--limit', 0) ?? Number.POSITIVE_INFINITY;
  const isMeant = values.where === undefined ? null : readWhere(values.where);
  if (values['every-partition'] && isMeant === null) throw new UsageError('--every-partition goes with --where.');
  const chosen =
    address.partition === null
      ? (values.partition ?? []).map((number) => wholeNumber(number, '--partition', 0)!)
      : [address.partition];

  // Asked first, so that a wrong name or a platform that is not there is told at once.
  const topic = await client.topics.describe(address.topic);
  if (values.group !== undefined) {
    refuseForGroup({
      '--partition': values.partition !== undefined || address.partition !== null,
      '--position': values.position,
      '--where': isMeant !== null,
    });
    const { group, follow, progress } = values;
    const from = values.from ?? address.from ?? undefined;
    await consumeInGroup(invocation, { group, topic: topic.name, from, follow, limit, write, showsProgress: progress });
    return exitCode.ok;
  }
  const partitions = checkedPartitions(chosen, topic);
  const from = values.from ?? address.from ?? (values.follow ? 'latest' : 'earliest');
  const start = parseStartPoint(from, partitions, Date.now());
  const until = address.to === null ? null : await offsetsAt(client, topic.name, partitions, address.to);
  if (values.where !== undefined && !values.follow) {
    if (values.position) throw new UsageError('--position goes with --where only where --follow does.');
    await consumeSearched(invocation, {
      topic,
      where: values.where,
      partitions: chosen.length === 0 ? null : partitions,
      everyPartition: values['every-partition'],
      from: start,
      until,
      limit,
      write,
      showsProgress: values.progress,
    });
    return exitCode.ok;
  }
  const consumer = consumerOf(invocation, {
    topic: topic.name,
    partitions: chosen.length === 0 ? undefined : partitions,
    from: start,
    stopAtEnd: !values.follow,
    ...(until !== null && { until }),
    // Only the other transport notices partitions that are added while it follows.
    transport: !values.follow && partitions.length <= fastDoorPartitionsMax ? 'binary' : 'json',
  });
  const interrupt = () => void consumer.close();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  void output.closed.then(interrupt);
  const progress = new Progress(terminal, values.progress ? 'records' : null);
  await printRecords(consumer, { limit, isMeant, write }, output, progress);
  progress.end();
  if (values.position && consumer.position !== null) terminal.warn(`position ${consumer.position}`);
  return exitCode.ok;
}

/** A consumer that says what happens to it. */
function consumerOf({ client, terminal }: Invocation, options: ConsumerOptions): Consumer {
  return client.consumer({
    ...options,
    onGap: (gap) =>
      terminal.warn(
        `millrace consume: partition ${gap.partition}: offsets ${gap.from} to ${gap.to - 1} are gone (${gap.reason})`,
      ),
    onReconnect: (error) => terminal.say(`millrace consume: ${error.message}; connecting again`),
    onThrottle: ({ message }) => terminal.say(`millrace consume: ${message} It goes on by itself.`),
  });
}

type PlaceOptions = {
  readonly partition?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly follow: boolean;
  readonly group?: string | undefined;
};

/** What the address says must not be said by an option again: they might say different things. */
function addressOf(text: string, { partition, from, follow, group }: PlaceOptions): LogAddress {
  const address = parseLogAddress(text);
  if (address === null) {
    throw new UsageError(`"${text}" is no address: write orders, orders/3, orders/3@8123456 or orders@-15m.`);
  }
  if (address.to !== null) checkEnd(address.to);
  if (address.to !== null && (follow || group !== undefined)) {
    throw new UsageError(`"${text}" says where to end, which goes with neither --follow nor --group.`);
  }
  if (address.partition !== null && partition !== undefined) {
    throw new UsageError(`"${text}" names a partition already; leave --partition out.`);
  }
  if (address.from !== null && from !== undefined) {
    throw new UsageError(`"${text}" says where to begin already; leave --from out.`);
  }
  return address;
}

type PrintOptions = {
  readonly limit: number;
  /** Null: all are. */
  readonly isMeant: ((record: ConsumedRecord) => boolean) | null;
  readonly write: (record: ConsumedRecord) => void;
};

async function printRecords(
  consumer: Consumer,
  { limit, isMeant, write }: PrintOptions,
  output: Output,
  progress: Progress,
): Promise<void> {
  if (limit === 0) return;
  let count = 0;
  for await (const record of consumer) {
    progress.add(1, record.value?.length ?? 0);
    if (isMeant !== null && !isMeant(record)) continue;
    write(record);
    count += 1;
    if (count >= limit || output.isClosed) break;
    if (output.isFull) await output.drained();
  }
}

function refuseForGroup(given: Readonly<Record<string, boolean>>): void {
  const refused = Object.keys(given).find((option) => given[option]);
  if (refused !== undefined) throw new UsageError(`${refused} does not go with --group: the group decides.`);
}

function writerOf(
  form: string | undefined,
  template: string | undefined,
  output: Output,
): (record: ConsumedRecord) => void {
  if (template !== undefined && form !== undefined && form !== 'template') {
    throw new UsageError(`--template does not go with --output ${form}.`);
  }
  if (template !== undefined) {
    const pieces = parseRecordTemplate(template);
    return (record) => {
      for (const piece of pieces(record)) output.write(piece);
    };
  }
  switch (form ?? 'json') {
    case 'json':
      return (record) => output.write(recordLine(record));
    case 'raw':
      return (record) => {
        if (record.value !== null) output.write(record.value);
        output.write('\n');
      };
    case 'template':
      throw new UsageError("--output template needs --template, e.g. --template '%k %s\\n'.");
    default:
      throw new UsageError(`--output takes json, raw or template, not "${form}".`);
  }
}

function checkedPartitions(chosen: readonly number[], topic: Topic): readonly number[] {
  const missing = chosen.find((partition) => partition >= topic.partitions);
  if (missing !== undefined) {
    throw new UsageError(`"${topic.name}" has partitions 0 to ${topic.partitions - 1}, but not ${missing}.`);
  }
  return chosen.length > 0
    ? [...new Set(chosen)]
    : Array.from({ length: topic.partitions }, (_, partition) => partition);
}
