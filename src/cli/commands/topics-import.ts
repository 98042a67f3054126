import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { HttpDoor } from '../../client/http-door.ts';
import { type Client, MillraceError, type Topic } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { Progress } from '../output/progress.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ExportManifest, readCompleteManifest } from '../transfer/export-manifest.ts';
import { readExportedFile } from '../transfer/exported-records.ts';
import { type ImportState, readImportState } from '../transfer/import-state.ts';
import { Importer } from '../transfer/importer.ts';

const timestampType = 'message.timestamp.type';

/** `millrace topics import`: an export's records into a topic, each once, with their keys, headers and times. */
export async function importTopic({ argv, client, door, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    from: { type: 'string', short: 'i' },
    create: { type: 'boolean', default: false },
    state: { type: 'string' },
    'new-timestamps': { type: 'boolean', default: false },
  });
  const [name] = requirePositionals(positionals, ['the name of the topic']);
  const directory = values.from ?? `${name}.export`;
  const { sha256, ...manifest } = readCompleteManifest(directory);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new UsageError('interrupted; run it again to go on')));
  process.once('SIGTERM', () => stop.abort(new UsageError('interrupted; run it again to go on')));

  await checkFiles(directory, manifest, terminal, stop.signal);
  const topic = await findOrCreate(client, name!, manifest, values.create);
  checkTarget(topic, manifest, values['new-timestamps']);
  const statePath = values.state ?? join(directory, `import-${topic.name}.json`);
  const identity = { manifestSha256: sha256, topicId: topic.topicId };
  const state = readImportState(statePath, identity) ?? (await newState(door, topic, sha256, stop.signal));
  const progress = new Progress(terminal, 'records');
  try {
    await new Importer(manifest, state, { door, directory, statePath, progress, signal: stop.signal }).run();
  } finally {
    progress.end();
  }
  if (values.create) await setTimestampType(client, topic, manifest);
  if (json) {
    const records = manifest.files.reduce((sum, file) => sum + file.records, 0);
    output.line(JSON.stringify({ topic: topic.name, records, imported: progress.records }));
  }
  terminal.say(`${progress.summary()} into "${topic.name}"`);
}

/** Every file against its checksum, so that of a damaged export nothing is imported at all. */
async function checkFiles(
  directory: string,
  { files }: ExportManifest,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = new Progress(terminal, 'files checked', totalBytes);
  try {
    for (const file of files) {
      progress.add(1, readExportedFile(directory, file).length);
      // Between files an interruption is heard.
      await turn();
      signal.throwIfAborted();
    }
  } finally {
    progress.end();
  }
}

async function findOrCreate(
  client: Client,
  name: string,
  manifest: ExportManifest,
  mayCreate: boolean,
): Promise<Topic> {
  try {
    return await client.topics.describe(name);
  } catch (thrown) {
    const isMissing = thrown instanceof MillraceError && thrown.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    if (!isMissing || !mayCreate) throw thrown;
  }
  // While records go in they keep their own times, whatever the topic is to do with later ones.
  const { [timestampType]: _, ...config } = manifest.config;
  return client.topics.create({ name, partitions: manifest.partitionCount, config });
}

async function setTimestampType(client: Client, topic: Topic, { config }: ExportManifest): Promise<void> {
  const wanted = config[timestampType];
  if (wanted === undefined || topic.config[timestampType] === wanted) return;
  await client.topics.alter(topic.name, { config: { [timestampType]: wanted } });
}

function checkTarget(topic: Topic, { partitions }: ExportManifest, takesNewTimestamps: boolean): void {
  const last = Math.max(-1, ...partitions.map(({ partition }) => partition));
  if (last >= topic.partitions) {
    throw new UsageError(
      `the export has a partition ${last}, and "${topic.name}" has only ${topic.partitions}: add partitions first.`,
    );
  }
  if (topic.config[timestampType] === 'LogAppendTime' && !takesNewTimestamps) {
    throw new UsageError(
      `"${topic.name}" gives every record the time of its append: import with --new-timestamps, or set ${timestampType} to CreateTime first.`,
    );
  }
}

async function newState(door: HttpDoor, topic: Topic, sha256: string, signal: AbortSignal): Promise<ImportState> {
  const producer = await door.json<{ readonly producer_id: number; readonly producer_epoch: number }>({
    method: 'POST',
    path: '/v1/producers',
    signal,
  });
  return {
    format: 'millrace-import',
    version: 1,
    manifestSha256: sha256,
    topic: topic.name,
    topicId: topic.topicId,
    producerId: producer.producer_id,
    producerEpoch: producer.producer_epoch,
    partitions: {},
    isComplete: false,
  };
}
