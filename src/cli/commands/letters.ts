import type { DeadLetter } from '../../client/index.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import type { Invocation } from '../command.ts';
import { renderTable } from '../output/table.ts';

/** Letters that a person reads at once. */
const lettersShown = 100;

/** Lists the dead letters of a share group, the oldest first. */
export async function letters({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { limit: { type: 'string', short: 'n' } });
  const [group = ''] = requirePositionals(positionals, ['the share group']);
  const limit = wholeNumber(values.limit, '--limit', 1) ?? lettersShown;
  const rows: (string | number)[][] = [];
  let count = 0;
  for await (const letter of client.deadLetters(group)) {
    if (count === limit) {
      terminal.say(`the first ${limit}; --limit shows more`);
      break;
    }
    count += 1;
    if (json) output.line(JSON.stringify(publicOf(letter)));
    else rows.push(rowOf(letter));
  }
  if (!json) output.line(renderTable(['LETTER', 'FROM', 'REASON', 'DELIVERIES', 'DIED', 'SENT BACK'], rows));
}

function rowOf({ record, source, reason, deliveryCount, diedAt, isSentBack }: DeadLetter): (string | number)[] {
  return [
    `${record.topic}/${record.partition}@${record.offset}`,
    `${source.topic}/${source.partition}@${source.offset}`,
    reason,
    deliveryCount,
    new Date(diedAt).toISOString(),
    isSentBack ? 'yes' : 'no',
  ];
}

function publicOf({ record, ...letter }: DeadLetter) {
  const { topic, partition, offset } = record;
  return { topic, partition, offset, ...letter };
}
