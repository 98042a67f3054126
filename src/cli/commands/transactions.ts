import type { TransactionDescription } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import type { Command, Invocation } from '../command.ts';
import { confirmByName } from '../input/confirmation.ts';
import { renderDuration } from '../output/duration.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const transactions: Command = {
  help: `Usage: millrace transactions list [--prefix TEXT]
       millrace transactions describe TRANSACTIONAL_ID
       millrace transactions abort TRANSACTIONAL_ID [--yes]

A transaction that is not ended holds up everybody who reads what is committed, until its timeout. Abort ends it at once
and fences its producer: that must be started anew. Of a transaction that was decided already the decision stays.

Examples:
  millrace transactions list --prefix billing-
  millrace transactions describe billing-1
  millrace transactions abort billing-1
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('transactions', { list, describe, abort });

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { prefix: { type: 'string' } });
  requirePositionals(positionals, []);
  const found: TransactionDescription[] = [];
  for await (const transaction of client.transactions.list({ prefix: values.prefix })) {
    if (json) output.line(JSON.stringify(transaction));
    else found.push(transaction);
  }
  if (json) return;
  const nowMs = Date.now();
  const rows = found.map((one) => [
    one.transactionalId,
    one.state,
    one.producerId,
    one.producerEpoch,
    openFor(one, nowMs),
    Object.values(one.partitions).flat().length,
  ]);
  output.line(renderTable(['TRANSACTIONAL ID', 'STATE', 'PRODUCER', 'EPOCH', 'OPEN FOR', 'PARTITIONS'], rows));
}

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  const [id] = requirePositionals(parseArguments(argv, {}).positionals, ['the transactional id']);
  print(await client.transactions.describe(id!), { output, json });
}

async function abort({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { yes: { type: 'boolean', short: 'y', default: false } });
  const [id] = requirePositionals(positionals, ['the transactional id']);
  if (!values.yes) {
    const warning = `Whoever writes as "${id}" now will be fenced, and must be started anew. `;
    await confirmByName('aborting the transaction of', id!, warning, terminal.isInteractive);
  }
  print(await client.transactions.terminate(id!), { output, json });
}

function print(transaction: TransactionDescription, { output, json }: Pick<Invocation, 'output' | 'json'>): void {
  if (json) {
    output.line(JSON.stringify(transaction));
    return;
  }
  const { transactionalId, state, producerId, producerEpoch, timeoutMs, partitions, groups } = transaction;
  output.line(`id        ${transactionalId}`);
  output.line(`state     ${state}`);
  output.line(`producer  ${producerId}, epoch ${producerEpoch}`);
  output.line(`open for  ${openFor(transaction, Date.now())}, of ${renderDuration(timeoutMs)} at most`);
  for (const [topic, places] of Object.entries(partitions)) output.line(`writes    ${topic}:${places.join(',')}`);
  for (const group of groups) output.line(`commits   offsets of ${group}`);
}

function openFor({ startedAt }: TransactionDescription, nowMs: number): string {
  return startedAt === null ? '-' : renderDuration(Math.max(0, nowMs - startedAt));
}
