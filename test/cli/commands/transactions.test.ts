import { expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { transactions } from '../../../src/cli/commands/transactions.ts';
import { createClient } from '../../../src/client/index.ts';
import { localOrigin } from '../../support/checked-api.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Invocation = Parameters<typeof transactions.run>[0];

/** The command against a platform in memory, with what it prints. */
function world() {
  const platform = new MemoryPlatform();
  const client = createClient({
    url: localOrigin,
    fetch: (url, { method, headers, body }) => {
      return platform.api.request(url.slice(localOrigin.length), { method, headers, ...(body && { body }) });
    },
  });
  const run = async (json: boolean, ...argv: string[]): Promise<string[]> => {
    const lines: string[] = [];
    const output = { line: (text: string) => lines.push(text) };
    const invocation = { argv, client, output, terminal: { isInteractive: false, say: () => {} }, json };
    await transactions.run(invocation as unknown as Invocation);
    return lines;
  };
  return { client, run };
}

test('transactions are listed, described, and aborted when they hang', async () => {
  const { client, run } = world();
  await client.topics.create({ name: 'orders' });
  const producer = client.transactionalProducer({ transactionalId: 'billing-1' });
  const hanging = producer.transaction(async (transaction) => {
    await transaction.send('orders', { value: 'a' });
    expect((await run(false, 'list', '--prefix', 'billing-'))[0]).toMatch(/billing-1 +Ongoing +\d+ +0 .* 1$/m);
    expect(await run(false, 'describe', 'billing-1')).toContain('writes    orders:0');
    expect(await run(true, 'list')).toHaveLength(1);
    await expect(run(false, 'abort', 'billing-1')).rejects.toThrow(UsageError);
    const [aborted] = await run(true, 'abort', 'billing-1', '--yes');
    expect(JSON.parse(aborted!)).toMatchObject({ transactionalId: 'billing-1', state: 'CompleteAbort' });
    await transaction.send('orders', { value: 'b' });
  });
  await expect(hanging).rejects.toMatchObject({ code: 'PRODUCER_FENCED' });
});

test('an id that nobody uses is said to be unknown', async () => {
  const { run } = world();
  await expect(run(false, 'describe', 'nobody')).rejects.toMatchObject({ code: 'TRANSACTIONAL_ID_NOT_FOUND' });
});
