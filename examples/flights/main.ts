import { createClient, MillraceError } from '../../src/client/index.ts';
import { countFlights } from './flight-file.ts';
import { help, type Options, readOptions } from './options.ts';
import { grouped } from './progress.ts';
import { sendFlights } from './send.ts';
import { readHighWatermarks, verifyFlights } from './verify.ts';

/**
 * The records' timestamps are the moments they are sent, not those of the flights, so that nothing would expire on
 * arrival; and nothing expires later either, so that --verify-only finds the topic whole.
 */
const topicConfig = { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' };

async function run(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv, process.env);
  if (options === null) {
    process.stdout.write(help);
    return 0;
  }
  const { url, topic, verifyOnly } = options;
  const limit = Math.min(options.limit, await countFlights());
  if (!verifyOnly) {
    await prepareTopic(options);
    process.stderr.write(`Sending ${grouped(limit)} flights to ${topic} at ${url}\n`);
    await sendFlights(url, topic, limit);
  }
  process.stderr.write(`Verifying ${topic} against the file\n`);
  return (await verifyFlights(url, topic, limit)) ? 0 : 1;
}

/** Creates the topic, or finds it empty. */
async function prepareTopic({ url, topic, partitions }: Options): Promise<void> {
  const client = createClient({ url });
  try {
    await client.topics.create({ name: topic, partitions, config: topicConfig });
    return;
  } catch (thrown) {
    if (!(thrown instanceof MillraceError && thrown.code === 'TOPIC_ALREADY_EXISTS')) throw thrown;
  }
  const stored = (await readHighWatermarks(client, topic)).reduce((sum, offset) => sum + offset, 0);
  if (stored > 0) {
    throw new Error(
      `the topic ${topic} holds ${grouped(stored)} records already: verify them with --verify-only, take another --topic, or delete it with "millrace topics delete ${topic}"`,
    );
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (thrown) {
  process.stderr.write(`flights: ${(thrown as Error).message}\n`);
  process.exitCode = 1;
}
