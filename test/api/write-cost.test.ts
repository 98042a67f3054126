import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { RestProxyApi } from '../support/rest-proxy-api.ts';

const platform = new MemoryPlatform();
const { api } = platform;

beforeAll(async () => {
  const body = JSON.stringify({ name: 'orders', partitions: 3 });
  await api.request('/v1/topics', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  // The first call of a partition asks for a grant, and is made again.
  await costOf('/v1/topics/orders/records', records([0, 1, 2]));
});

/** The prices of a request of the Worker and of an object, by the list in docs/cost.md. */
const [workerRequest, objectRequest] = [0.3e-6, 0.15e-6];

async function costOf(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return api.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'cost', ...headers },
    body: JSON.stringify(body),
  });
}

const records = (partitions: readonly number[]) => ({
  records: partitions.map((partition) => ({ partition, value: 'x' })),
});

const costText = (objectRequests: number) => {
  const dollars = (workerRequest + objectRequests * objectRequest).toFixed(9);
  return `dollars=${dollars}; worker_requests=1; object_requests=${objectRequests}; rows_written=0`;
};

// The database of these tests bills no rows; test/workerd/partition.test.ts has what the real one bills.
describe('Prefer: cost', () => {
  it('is answered with what the writes came to: a call each partition', async () => {
    const one = await costOf('/v1/topics/orders/records', records([0, 0, 0]));
    expect(one.headers.get('millrace-cost')).toBe(costText(1));
    expect(one.headers.get('preference-applied')).toBe('cost');
    const all = await costOf('/v1/topics/orders/records', records([0, 1, 2]));
    expect(all.headers.get('millrace-cost')).toBe(costText(3));
    const others = { prefer: 'respond-async, Cost' };
    expect((await costOf('/v1/topics/orders/records', records([1]), others)).headers.get('millrace-cost')).toBe(
      costText(1),
    );
  });

  it('is known to the REST Proxy too', async () => {
    const answer = await new RestProxyApi(platform.services).request('/topics/orders', {
      headers: { 'content-type': 'application/vnd.kafka.json.v2+json', prefer: 'cost' },
      body: { records: [{ value: 'x', partition: 0 }] },
    });
    expect(answer.headers.get('millrace-cost')).toBe(costText(1));
  });

  it('says nothing of what wrote nothing, nor to who does not ask', async () => {
    const path = '/v1/topics/orders/records';
    expect((await costOf('/v1/topics/nowhere/records', records([0]))).headers.has('millrace-cost')).toBe(false);
    expect((await costOf(path, records([7]))).headers.has('millrace-cost')).toBe(false);
    for (const prefer of ['', 'return=minimal', 'costs']) {
      expect((await costOf(path, records([0]), { prefer })).headers.has('millrace-cost')).toBe(false);
    }
    const read = await api.request('/v1/topics/orders/partitions/0/records', { headers: { prefer: 'cost' } });
    expect(read.headers.has('millrace-cost')).toBe(false);
  });
});
