import { createClient } from '../../src/client/index.ts';

/** What the pages of the dashboard are shown with: topics with records of several shapes, a group that lags, a queue. */
export async function fillPlatform(url: string, credential?: string): Promise<void> {
  const client = createClient({ url, credential });
  await client.topics.create({ name: 'orders', partitions: 3 });
  await client.topics.create({ name: 'orders-dead-letters' });
  await client.topics.create({ name: 'customers', config: { 'cleanup.policy': 'compact', 'retention.ms': -1 } });
  for (const name of ['payments', 'shipments', 'web-clicks', 'audit-trail']) await client.topics.create({ name });

  {
    await using producer = client.producer({ topic: 'orders' });
    for (let number = 0; number < 240; number += 1) {
      void producer.send({
        key: `customer-${number % 17}`,
        value: `{"order":${9_223_372_036_854_775_000n + BigInt(number)},"total":${(number * 7.31).toFixed(2)},"items":[${number},${number + 1}]}`,
        headers: { 'content-type': 'application/json', trace: `00-${number.toString(16).padStart(8, '0')}` },
      });
    }
    await producer.send({ key: 'customer-1', value: null });
    await producer.send({ key: null, value: 'plain text, with <b>markup</b> that must stay text' });
    await producer.send({ key: new Uint8Array([0, 255, 7]), value: new Uint8Array([1, 2, 3, 254, 255]) });
    await producer.send({ key: '', value: '' });
  }
  {
    await using producer = client.producer({ topic: 'customers' });
    for (let number = 0; number < 20; number += 1)
      await producer.send({ key: `customer-${number}`, value: { name: `Customer ${number}` } });
  }
  let read = 0;
  for await (const _record of client.group('billing', { topics: ['orders'] })) {
    read += 1;
    if (read === 100) break;
  }
  const webhook_url = 'https://hooks.example.com/millrace';
  const billing = { type: 'group', name: 'billing' } as const;
  const muted = {
    name: 'Billing is behind',
    metric: 'lag_ms',
    target: billing,
    threshold: 600_000,
    webhook_url,
  } as const;
  const { alert_id } = await client.alerts.create({ ...muted, for_ms: 600_000, repeat_ms: 14_400_000 });
  await client.alerts.alter(alert_id, { muted_until: Date.now() + 86_400_000 });
  const cluster = { type: 'cluster' } as const;
  await client.alerts.create({ name: 'Full', metric: 'stored_bytes', target: cluster, threshold: 2e10, webhook_url });
  await client.shareGroups.create('mailer', { start: 'earliest', deadLetterTopic: 'orders-dead-letters' });
  for await (const record of client.shareGroup('mailer', { topics: ['orders'], stopAtEnd: true })) {
    if (record.offset % 20 === 0) record.reject();
    if (record.offset > 40) break;
  }
}
