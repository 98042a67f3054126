import { describe, expect, test } from 'vitest';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Json = { readonly [field: string]: unknown };
type Producer = { readonly producer_id: number; readonly producer_epoch: number };

class Transactions {
  readonly platform = new MemoryPlatform();

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const given = { 'content-type': 'application/json', ...headers };
    const init = body === undefined ? { method } : { method, headers: given, body: JSON.stringify(body) };
    const answer = await this.platform.api.request(path, init);
    return { status: answer.status, body: (await answer.json()) as Json & { code?: string } };
  }

  async begin(transactionalId = 'billing'): Promise<Producer> {
    const begun = await this.send('POST', '/v1/transactions', { transactional_id: transactionalId });
    expect(begun.status).toBe(200);
    return producerOf(begun.body);
  }

  write(producer: Producer, topic: string, values: readonly unknown[], headers: Record<string, string> = {}) {
    const query = `topic=${topic}&producer_id=${producer.producer_id}&producer_epoch=${producer.producer_epoch}`;
    const records = values.map((value) => ({ partition: 0, value }));
    return this.send('POST', `/v1/transactions/billing/records?${query}`, { records }, headers);
  }

  end(producer: Producer, how: 'commit' | 'abort') {
    return this.send('POST', `/v1/transactions/billing/${how}`, producer);
  }

  async values(topic: string, isolation = 'read_committed'): Promise<unknown[]> {
    const path = `/v1/topics/${topic}/partitions/0/records?isolation=${isolation}`;
    const read = await this.send('GET', path);
    return (read.body.records as { value: unknown }[]).map(({ value }) => value);
  }
}

const producerOf = ({ producer_id, producer_epoch }: Json): Producer => ({
  producer_id: producer_id as number,
  producer_epoch: producer_epoch as number,
});

async function withTopic(): Promise<Transactions> {
  const transactions = new Transactions();
  await transactions.send('POST', '/v1/topics', { name: 'orders' });
  return transactions;
}

describe('transactions over HTTP', () => {
  test('show committed readers all of it at once, or nothing', async () => {
    const transactions = await withTopic();
    const first = await transactions.begin();
    expect((await transactions.write(first, 'orders', [1, 2])).status).toBe(200);
    expect(await transactions.values('orders')).toEqual([]);
    expect(await transactions.values('orders', 'read_uncommitted')).toEqual([1, 2]);
    const committed = await transactions.end(first, 'commit');
    expect(committed.status).toBe(200);
    expect(await transactions.values('orders')).toEqual([1, 2]);
    const second = producerOf(committed.body);
    await transactions.write(second, 'orders', [3]);
    await transactions.end(second, 'abort');
    expect(await transactions.values('orders')).toEqual([1, 2]);
    expect(await transactions.values('orders', 'read_uncommitted'), 'no marker is shown').toEqual([1, 2, 3]);
  });

  test('fence a producer when another is initialized, or an operator terminates it', async () => {
    const transactions = await withTopic();
    const first = await transactions.begin();
    await transactions.write(first, 'orders', [1]);
    const second = await transactions.begin();
    expect(await transactions.write(first, 'orders', [2])).toMatchObject({
      status: 409,
      body: { code: 'PRODUCER_FENCED' },
    });
    await transactions.write(second, 'orders', [3]);
    const terminated = await transactions.send('POST', '/v1/transactions/billing/terminate');
    expect(terminated).toMatchObject({ status: 200, body: { state: 'CompleteAbort' } });
    expect(await transactions.end(second, 'commit')).toMatchObject({ status: 409, body: { code: 'PRODUCER_FENCED' } });
    expect(await transactions.values('orders')).toEqual([]);
  });

  test('recognise a retry under an Idempotency-Key within a transaction, not in the next', async () => {
    const transactions = await withTopic();
    const key = { 'idempotency-key': 'attempt' };
    const first = await transactions.begin();
    await transactions.write(first, 'orders', [1], key);
    expect((await transactions.write(first, 'orders', [1], key)).body.duplicate).toBe(true);
    const second = producerOf((await transactions.end(first, 'abort')).body);
    expect((await transactions.write(second, 'orders', [1], key)).body.duplicate).toBeUndefined();
    await transactions.end(second, 'commit');
    expect(await transactions.values('orders')).toEqual([1]);
  });

  test('are listed and described', async () => {
    const transactions = await withTopic();
    const producer = await transactions.begin();
    await transactions.begin('another');
    await transactions.write(producer, 'orders', [1]);
    const listed = await transactions.send('GET', '/v1/transactions?prefix=b');
    expect(listed.body).toMatchObject({
      transactions: [{ transactional_id: 'billing', state: 'Ongoing', partitions: { orders: [0] }, groups: [] }],
      next_cursor: null,
    });
    const page = await transactions.send('GET', '/v1/transactions?limit=1');
    expect(page.body.transactions).toMatchObject([{ transactional_id: 'another', state: 'Empty' }]);
    expect((await transactions.send('GET', '/v1/transactions/none')).body.code).toBe('TRANSACTIONAL_ID_NOT_FOUND');
  });

  test('move the offsets of a member that consumes, and nobody else begins at one that is not decided', async () => {
    const transactions = await withTopic();
    await transactions.send('POST', '/v1/topics/orders/records', { records: [{ value: 'a' }, { value: 'b' }] });
    const consume = (body: Json) =>
      transactions.send('POST', '/v1/groups/app/consume', { topics: ['orders'], wait_ms: 0, ...body });
    const read = await consume({ isolation: 'read_committed' });
    const { member_id, member_epoch, positions } = read.body;
    expect(read.body.records).toHaveLength(2);
    const producer = await transactions.begin();
    const offsets = { ...producer, group: 'app', member_id, member_epoch, offsets: positions };
    const kept = await transactions.send('POST', '/v1/transactions/billing/offsets', offsets);
    expect(kept).toMatchObject({ status: 200, body: { refused: [] } });
    await transactions.send('POST', '/v1/groups/app/leave', { member_id, member_epoch });
    const heldUp = await consume({});
    expect(heldUp.body.records, 'it would read again what is about to be committed').toEqual([]);
    await transactions.end(producer, 'commit');
    const member = { member_id: heldUp.body.member_id, member_epoch: heldUp.body.member_epoch };
    expect((await consume(member)).body.records).toEqual([]);
    expect((await transactions.send('GET', '/v1/groups/app')).body.partitions).toMatchObject([{ committed_offset: 2 }]);
  });
});
