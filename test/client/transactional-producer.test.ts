import { describe, expect, it } from 'vitest';
import { type Client, createClient, MillraceError } from '../../src/client/index.ts';
import { localOrigin } from '../support/checked-api.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

/** Which call fails, and whether it arrives before that. */
type Fault = { readonly path: string; readonly isAnswerLost: boolean };

type World = { readonly platform: MemoryPlatform; readonly client: Client; faults: Fault[] };

async function world(...topics: string[]): Promise<World> {
  const platform = new MemoryPlatform();
  const made: World = {
    platform,
    faults: [],
    client: createClient({ url: localOrigin, fetch: (url, init) => call(url, init) }),
  };
  const call = async (url: string, init: Parameters<typeof fetch>[1]): Promise<Response> => {
    const at = made.faults.findIndex(({ path }) => url.includes(path));
    const [fault] = at < 0 ? [] : made.faults.splice(at, 1);
    if (fault?.isAnswerLost === false) throw new TypeError('the request was lost');
    const { method, headers, body } = init as { method: string; headers: Record<string, string>; body?: string };
    const answer = await platform.api.request(url.slice(localOrigin.length), { method, headers, body });
    if (fault !== undefined) throw new TypeError('the answer was lost');
    return answer;
  };
  for (const name of topics) await made.client.topics.create({ name });
  return made;
}

const options = { transactionalId: 'writer', backoff: { firstMs: 1, maxMs: 1 } };

async function committedIn({ client }: World, topic: string): Promise<string[]> {
  const page = await client.read({ topic, partition: 0, isolation: 'read_committed' });
  return page.records.map((record) => record.text() ?? '');
}

async function rejectionOf(promise: Promise<unknown>): Promise<MillraceError> {
  const thrown: unknown = await promise.then(
    () => null,
    (error) => error,
  );
  expect(thrown).toBeInstanceOf(MillraceError);
  return thrown as MillraceError;
}

describe('a transactional producer', () => {
  it('commits over topics what its function wrote, awaited or not, and answers what it answered', async () => {
    const made = await world('one', 'two');
    const producer = made.client.transactionalProducer(options);
    const answer = await producer.transaction(async (transaction) => {
      const [first] = await transaction.send('one', { value: 'a' });
      void transaction.send('two', [{ value: 'b' }, { key: 'k', value: null, headers: { reason: 'gone' } }]);
      expect(await committedIn(made, 'one')).toEqual([]);
      return first;
    });
    expect(answer).toMatchObject({ partition: 0, offset: 0 });
    expect(await committedIn(made, 'one')).toEqual(['a']);
    expect(await committedIn(made, 'two')).toEqual(['b', '']);
    await producer.transaction((transaction) => transaction.send('one', { value: 'c' }));
    expect(await committedIn(made, 'one')).toEqual(['a', 'c']);
    await producer.close();
    expect((await rejectionOf(producer.transaction(() => {}))).code).toBe('CLIENT_CLOSED');
  });

  it('aborts when its function throws, or a call that nobody awaited fails', async () => {
    const made = await world('one');
    const producer = made.client.transactionalProducer(options);
    const thrown = producer.transaction(async (transaction) => {
      await transaction.send('one', { value: 'a' });
      throw new RangeError('no');
    });
    await expect(thrown).rejects.toThrow(RangeError);
    const failed = producer.transaction((transaction) => {
      void transaction.send('one', { value: 'b' });
      void transaction.send('missing', { value: 'c' });
    });
    expect((await rejectionOf(failed)).code).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    const over = await producer.transaction((transaction) => {
      void transaction.send('one', { value: 'd' });
      return transaction;
    });
    expect((await rejectionOf(over.send('one', { value: 'too late' }))).code).toBe('INVALID_REQUEST');
    expect(await committedIn(made, 'one')).toEqual(['d']);
  });

  it('repeats calls that were lost, each to the same effect', async () => {
    const made = await world('one');
    const producer = made.client.transactionalProducer(options);
    for (const isAnswerLost of [true, false]) {
      made.faults = ['/v1/transactions', '/records', '/commit'].map((path) => ({ path, isAnswerLost }));
      await producer.transaction((transaction) => transaction.send('one', { value: String(isAnswerLost) }));
    }
    expect(made.faults.filter(({ path }) => path !== '/v1/transactions')).toEqual([]);
    expect(await committedIn(made, 'one')).toEqual(['true', 'false']);
  });

  it('says when nobody knows whether the commit took place, and goes on from what was decided', async () => {
    const made = await world('one');
    const producer = made.client.transactionalProducer({ ...options, retryTimeoutMs: 0 });
    made.faults = [{ path: '/commit', isAnswerLost: true }];
    const unknown = await rejectionOf(producer.transaction((transaction) => transaction.send('one', { value: 'a' })));
    expect(unknown.code).toBe('UNKNOWN_OUTCOME');
    made.faults = [{ path: '/commit', isAnswerLost: false }];
    await rejectionOf(producer.transaction((transaction) => transaction.send('one', { value: 'b' })));
    await producer.transaction((transaction) => transaction.send('one', { value: 'c' }));
    expect(await committedIn(made, 'one'), 'the first was committed, the second aborted').toEqual(['a', 'c']);
  });

  it('is fenced by another instance, for good', async () => {
    const made = await world('one');
    const older = made.client.transactionalProducer(options);
    const newer = made.client.transactionalProducer(options);
    const fenced = older.transaction(async (transaction) => {
      await transaction.send('one', { value: 'a' });
      await newer.transaction((other) => other.send('one', { value: 'b' }));
    });
    expect((await rejectionOf(fenced)).code).toBe('PRODUCER_FENCED');
    expect((await rejectionOf(older.transaction(() => {}))).code).toBe('PRODUCER_FENCED');
    await newer.transaction((other) => other.send('one', { value: 'c' }));
    expect(await committedIn(made, 'one')).toEqual(['b', 'c']);
  });

  it('commits what a member of a group has read with what it makes of it, and has it read again otherwise', async () => {
    const made = await world('in', 'out');
    const feeder = made.client.transactionalProducer({ ...options, transactionalId: 'feeder' });
    const values = ['1', '2', '3'];
    await feeder.transaction((transaction) =>
      transaction.send(
        'in',
        values.map((value) => ({ value })),
      ),
    );
    await rejectionOf(
      feeder.transaction((transaction) => {
        void transaction.send('in', { value: 'never' });
        void transaction.send('missing', { value: 'x' });
      }),
    );
    const reads = { topics: ['in'], isolation: 'read_committed', autoCommit: false, stopAtEnd: true } as const;
    const member = made.client.group('g', reads);
    const producer = made.client.transactionalProducer(options);
    const handedOut: string[] = [];
    for await (const record of member) {
      handedOut.push(record.text() ?? '');
      const done = producer.transaction((transaction) => {
        void transaction.send('out', { value: `${record.text()}!` });
        void transaction.sendOffsets(member, record);
        if (handedOut.length === 2) throw new RangeError('once');
      });
      await done.catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
    }
    expect(handedOut).toEqual(['1', '2', '2', '3']);
    expect(await committedIn(made, 'out')).toEqual(['1!', '2!', '3!']);
    const again: string[] = [];
    for await (const record of made.client.group('g', reads)) again.push(record.text() ?? '');
    expect(again).toEqual([]);
  });
});
