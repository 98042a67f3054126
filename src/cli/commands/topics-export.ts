import type { Topic } from '../../client/index.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
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
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  const directory = values.to ?? `${name}.export`;
  const form = formOf(values.form);
  const fileBytes = wholeNumber(values['file-bytes'], '--file-bytes', 1) ?? fileBytesDefault;
  if (fileBytes > fileBytesMax) throw new UsageError(`--file-bytes takes ${fileBytesMax} at most, not ${fileBytes}.`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new UsageError('interrupted; run it again to go on')));
  process.once('SIGTERM', () => stop.abort(new UsageError('interrupted; run it again to go on')));

  const topic = await client.topics.describe(name!);
  const chosen = (values.partition ?? []).map((text) => wholeNumber(text, '--partition', 0)!);
  const earlier = readManifest(directory);
  const manifest = earlier ?? (await beginExport(door, topic, { form: form ?? 'batches', chosen }, stop.signal));
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
