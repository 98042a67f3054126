import type { Producer, SharedRecord } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { answer } from '../output/answer.ts';

/** What the platform wrote into a dead letter begins with it, and does not go back. */
const letterHeader = '__dlq.';

/** Letters sent at a time; a crash in between sends at most these again. */
const lettersAtOnce = 100;

/**
 * Sends the dead letters of a share group to the partitions they came from. How far that has come is kept by a share
 * group of its own, so that the next call goes on with what is new.
 */
export async function redrive(invocation: Invocation): Promise<void> {
  const { argv, client, terminal } = invocation;
  const [name = ''] = requirePositionals(parseArguments(argv, {}).positionals, ['the share group']);
  const { config } = await client.shareGroups.describe(name);
  if (config.deadLetterTopic === null) throw new UsageError(`"${name}" has no dead-letter topic.`);
  const ownGroup = `${name}.redrive`;
  await client.shareGroups.create(ownGroup, { start: 'earliest' });
  const producers = new Map<string, Producer>();
  let sent = 0;
  await using letters = client.shareGroup(ownGroup, {
    topics: [config.deadLetterTopic],
    stopAtEnd: true,
    maxRecords: lettersAtOnce,
    onRetry: (error) => terminal.say(`millrace share: ${error.message}; trying again`),
  });
  try {
    for await (const letter of letters) {
      const topic = headerOf(letter, '__dlq.errors.topic');
      // The topic may hold letters of other groups.
      if (topic === null || headerOf(letter, '__dlq.errors.group') !== name) continue;
      const offset = headerOf(letter, '__dlq.errors.offset');
      if (headerOf(letter, '__dlq.errors.record') !== null) {
        terminal.warn(
          `millrace share: the record at offset ${offset} of ${topic} is not in its dead letter; passed over`,
        );
        continue;
      }
      const producer = producers.get(topic) ?? client.producer({ topic });
      producers.set(topic, producer);
      await producer.send({
        key: letter.key,
        value: letter.value,
        partition: Number(headerOf(letter, '__dlq.errors.partition')),
        headers: letter.headers.filter((header) => !header.name.startsWith(letterHeader)),
      });
      sent += 1;
    }
  } finally {
    await Promise.all([...producers.values()].map((producer) => producer.close()));
  }
  answer(invocation, { group: name, sent }, `sent ${sent} dead letters again`);
}

function headerOf({ headers }: SharedRecord, name: string): string | null {
  // The last one is the platform's: a record that died twice, or was made to look so, has several.
  const value = headers.findLast((header) => header.name === name)?.value ?? null;
  return value === null ? null : new TextDecoder().decode(value);
}
