import { type LogAddress, parseLogAddress } from '../../address/log-address.ts';
import type { Client, Topic } from '../../client/index.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { checkEnd, offsetsAt } from '../input/log-offsets.ts';
import { Progress } from '../output/progress.ts';
import { fileBytesDefault, fileBytesMax } from '../transfer/export-file.ts';
import { type ExportForm, type ExportManifest, exportForms, readManifest } from '../transfer/export-manifest.ts';
import { beginExport } from '../transfer/export-start.ts';
import { Exporter } from '../transfer/exporter.ts';

/** `millrace topics export`: a topic into files, with a manifest and checksums. */
export async function exportTopic({ argv, client, door, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    to: { type: 'string', short: 'o' },
    form: { type: 'string' },
    partition: { type: 'string', short: 'p', multiple: true },
    'file-bytes': { type: 'string' },
  });
  const [text] = requirePositionals(positionals, ['the topic']);
  const address = addressOf(text!, values.partition);
  const directory = values.to ?? `${address.topic}.export`;
  const form = formOf(values.form);
  const fileBytes = wholeNumber(values['file-bytes'], '--file-bytes', 1) ?? fileBytesDefault;
  if (fileBytes > fileBytesMax) throw new UsageError(`--file-bytes takes ${fileBytesMax} at most, not ${fileBytes}.`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new UsageError('interrupted; run it again to go on')));
  process.once('SIGTERM', () => stop.abort(new UsageError('interrupted; run it again to go on')));

  const topic = await client.topics.describe(address.topic);
  const chosen =
    address.partition === null
      ? (values.partition ?? []).map((number) => wholeNumber(number, '--partition', 0)!)
      : [address.partition];
  const earlier = readManifest(directory);
  const range = (partitions: readonly number[]) => rangeOf(client, address, partitions);
  const manifest = earlier ?? (await beginExport(door, topic, { form: form ?? 'batches', chosen, range }, stop.signal));
  if (earlier !== null) checkSame(earlier, topic, { form, chosen }, directory);
  const progress = new Progress(terminal, 'records');
  const exporter = new Exporter(manifest, { door, directory, fileBytes, progress, signal: stop.signal });
  try {
    await exporter.run();
  } finally {
    progress.end();
  }
  conclude(exporter.manifest, directory, { output, terminal, json }, progress.summary());
}

/** What the address says must not be said by an option again. */
function addressOf(text: string, partition: readonly string[] | undefined): LogAddress {
  const address = parseLogAddress(text);
  if (address === null) {
    throw new UsageError(`"${text}" is no address: write orders, orders/3, orders/3@100..200 or orders@-1d.`);
  }
  if (address.partition !== null && partition !== undefined) {
    throw new UsageError(`"${text}" names a partition already; leave --partition out.`);
  }
  for (const position of [address.from, address.to]) if (position !== null) checkEnd(position);
  return address;
}

/** Where the address begins and ends in each of these partitions; null where it does not say. */
async function rangeOf(client: Client, { topic, from, to }: LogAddress, partitions: readonly number[]) {
  const at = (position: string | null) => (position === null ? null : offsetsAt(client, topic, partitions, position));
  return { from: from === 'now' || from === 'latest' ? ('end' as const) : await at(from), to: await at(to) };
}

function conclude(
  { files, gaps }: ExportManifest,
  directory: string,
  { output, terminal, json }: Pick<Invocation, 'output' | 'terminal' | 'json'>,
  summary: string,
): void {
  const total = (of: 'records' | 'bytes'): number => files.reduce((sum, file) => sum + file[of], 0);
  if (json) {
    const figures = { records: total('records'), bytes: total('bytes'), files: files.length, gaps };
    output.line(JSON.stringify({ directory, ...figures }));
  }
  for (const { partition, from, to } of gaps) {
    terminal.warn(`partition ${partition}: offsets ${from} to ${to - 1} were deleted before they could be read`);
  }
  terminal.say(`${summary}; ${total('records')} records in ${files.length} files in ${directory}`);
}

/** Goes on only with what it began: another topic's records, or another form, would make no whole. */
function checkSame(
  earlier: ExportManifest,
  topic: Topic,
  { form, chosen }: { readonly form: ExportForm | undefined; readonly chosen: readonly number[] },
  directory: string,
): void {
  const partitions = earlier.partitions.map(({ partition }) => partition);
  const isOther = chosen.length > 0 && chosen.join() !== partitions.join();
  if (earlier.topicId !== topic.topicId || isOther || (form !== undefined && form !== earlier.form)) {
    throw new UsageError(
      `${directory} has an export of partitions ${partitions.join(', ')} of "${earlier.topic}" (id ${earlier.topicId}) as ${earlier.form}: choose another directory with --to.`,
    );
  }
}

function formOf(text: string | undefined): ExportForm | undefined {
  if (text === undefined) return undefined;
  const form = exportForms.find((one) => one === text);
  if (form === undefined) throw new UsageError(`--form takes ${exportForms.join(' or ')}, not "${text}".`);
  return form;
}
