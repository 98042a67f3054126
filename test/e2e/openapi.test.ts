import { expect, it } from 'vitest';
import type { OpenApiDocument } from '../../src/api/openapi/document.ts';
import { operationIds } from '../../src/api/openapi/operations.ts';
import { OpenApiChecker } from '../support/openapi-checker.ts';
import { startPlatformProcess } from '../support/platform.ts';
import { type RawAnswer, sendRaw, upgrade } from '../support/raw-http.ts';

const json = { 'content-type': 'application/json' };
const socketV1 = { ...upgrade, 'sec-websocket-protocol': 'millrace.v1' };

it('every operation of the document is what the running platform does', async () => {
  await using platform = await startPlatformProcess();
  const port = Number(new URL(platform.url).port);
  const document = (await (await fetch(`${platform.url}/openapi.json`)).json()) as OpenApiDocument;
  const checker = new OpenApiChecker(document);

  async function walk(
    method: string,
    path: string,
    status: number,
    headers: Record<string, string> = {},
    body = '',
  ): Promise<RawAnswer> {
    const answer = await sendRaw(port, { method, path, headers, body });
    expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} ${status}`);
    // An answer without a length is a stream, of which only the beginning was read.
    const isWhole = answer.headers.has('content-length');
    checker.check(
      { method, url: platform.url + path, headers: new Headers(headers), body: body === '' ? null : body },
      { status, headers: answer.headers, body: isWhole ? answer.body : null },
    );
    return answer;
  }

  async function walkGroups(): Promise<void> {
    const consumed = await walk('POST', '/v1/groups/walkers/consume', 200, json, '{"topics":["walk"],"wait_ms":1000}');
    const { member_id, member_epoch } = JSON.parse(consumed.body) as { member_id: string; member_epoch: number };
    const member = { member_id, member_epoch };
    const commit = { ...member, offsets: { walk: { 0: 1 } } };
    await walk('POST', '/v1/groups/walkers/heartbeat', 200, json, JSON.stringify(member));
    await walk('POST', '/v1/groups/walkers/offsets', 200, json, JSON.stringify(commit));
    await walk('GET', '/v1/groups', 200);
    await walk('GET', '/v1/groups/walkers', 200);
    await walk('GET', '/v1/groups/walkers/history', 200);
    await walk('DELETE', '/v1/groups/walkers', 409);
    await walk('POST', '/v1/groups/walkers/leave', 200, json, JSON.stringify(member));
    const reset = { to: 'earliest', topics: ['walk'] };
    await walk('POST', '/v1/groups/walkers/offsets/reset', 200, json, JSON.stringify(reset));
    await walk('GET', '/v1/groups/walkers/resets', 200);
    await walk('POST', '/v1/groups/walkers/offsets/undo', 200, json, '{"dry_run":true}');
    await walk('DELETE', '/v1/groups/walkers/offsets?topic=walk', 200);
    await walk('DELETE', '/v1/groups/walkers', 204);
  }

  async function walkShareGroups(): Promise<void> {
    await walk('POST', '/v1/share-groups', 201, json, '{"group":"workers","start":"earliest"}');
    const acquired = await walk('POST', '/v1/share-groups/workers/acquire', 200, json, '{"topics":["walk"]}');
    const { member_id, records } = JSON.parse(acquired.body) as {
      member_id: string;
      records: { topic: string; partition: number; offset: number; lock_id: string }[];
    };
    const { topic, partition, offset, lock_id } = records[0]!;
    const accept = { acknowledgements: [{ topic, partition, from: offset, lock_id, type: 'accept' }] };
    await walk('POST', '/v1/share-groups/workers/acknowledge', 200, json, JSON.stringify(accept));
    await walk('GET', '/v1/share-groups', 200);
    await walk('GET', '/v1/share-groups/workers', 200);
    await walk('PATCH', '/v1/share-groups/workers', 200, json, '{"delivery_limit":3}');
    await walk('GET', '/v1/share-groups/workers/redriven', 200);
    const replay = { kind: 'replay', source: 'walk', target: 'walk-again' };
    await walk('POST', '/v1/topics', 201, json, '{"name":"walk-again"}');
    await walk('POST', '/v1/jobs', 200, json, JSON.stringify({ ...replay, dry_run: true }));
    const started = await walk('POST', '/v1/jobs', 201, json, JSON.stringify(replay));
    const { job_id } = JSON.parse(started.body) as { job_id: string };
    await walk('GET', '/v1/jobs', 200);
    await walk('GET', `/v1/jobs/${job_id}`, 200);
    await walk('POST', `/v1/jobs/${job_id}/cancel`, 200);
    await walk('POST', '/v1/share-groups/workers/leave', 204, json, JSON.stringify({ member_id }));
    await walk('POST', '/v1/share-groups/workers/reset', 200, json, '{"to":"latest"}');
    await walk('DELETE', '/v1/share-groups/workers', 204);
  }

  async function walkTransactions(): Promise<void> {
    const begun = await walk('POST', '/v1/transactions', 200, json, '{"transactional_id":"walker","timeout_ms":30000}');
    const producer = (answer: { body: string }) => {
      const { producer_id, producer_epoch } = JSON.parse(answer.body) as Record<string, number>;
      return { producer_id, producer_epoch };
    };
    const path = '/v1/transactions/walker';
    let { producer_id, producer_epoch } = producer(begun);
    const query = `topic=walk&producer_id=${producer_id}&producer_epoch=${producer_epoch}`;
    await walk('POST', `${path}/records?${query}`, 200, json, '{"records":[{"key":"t","value":1}]}');
    const offsets = { producer_id, producer_epoch, group: 'walkers-too', offsets: { walk: { 0: 0 } } };
    await walk('POST', `${path}/offsets`, 200, json, JSON.stringify(offsets));
    await walk('GET', '/v1/transactions', 200);
    await walk('GET', path, 200);
    const next = await walk('POST', `${path}/commit`, 200, json, JSON.stringify({ producer_id, producer_epoch }));
    ({ producer_id, producer_epoch } = producer(next));
    await walk('POST', `${path}/abort`, 200, json, JSON.stringify({ producer_id, producer_epoch }));
    await walk('POST', `${path}/terminate`, 200);
    await walk('POST', `${path}/commit`, 409, json, JSON.stringify({ producer_id, producer_epoch: 0 }));
    await walk('GET', '/v1/topics/walk/partitions/0/records?isolation=read_committed', 200);
  }

  async function walkAlerts(): Promise<void> {
    const condition = { metric: 'stored_bytes', target: { type: 'topic', name: 'walk' }, threshold: 1 };
    await walk('POST', '/v1/alerts/preview', 200, json, JSON.stringify(condition));
    const alert = { name: 'Walk', ...condition, webhook_url: 'http://127.0.0.1:1/' };
    const made = await walk('POST', '/v1/alerts', 201, json, JSON.stringify(alert));
    const path = `/v1/alerts/${(JSON.parse(made.body) as { alert_id: string }).alert_id}`;
    await walk('GET', '/v1/alerts', 200);
    await walk('GET', path, 200);
    await walk('PATCH', path, 200, json, '{"threshold":2,"muted_until":null}');
    await walk('POST', `${path}/test`, 200);
    await walk('POST', `${path}/rotate-secret`, 200, json, '{"overlap_ms":0}');
    await walk('GET', `${path}/history`, 200);
    await walk('DELETE', path, 204);
    await walk('GET', path, 404);
    const spent = { ...alert, metric: 'budget_percent', target: { type: 'organization' } };
    await walk('POST', '/v1/alerts', 400, json, JSON.stringify(spent));
  }

  /** An open platform has no organization; test/e2e/closed.test.ts walks through them on a closed one. */
  async function walkOrganization(): Promise<void> {
    for (const path of [
      '/v1/organizations',
      '/v1/organization',
      '/v1/members',
      '/v1/issuers',
      '/v1/keys',
      '/v1/keys/mrk_x',
      '/v1/acls',
      '/v1/audit',
      '/v1/quotas',
      '/v1/organizations/acme/quotas',
      '/v1/usage',
      '/v1/usage/metrics',
      '/v1/budget',
    ]) {
      await walk('GET', path, 400);
    }
    const acl = { principal: 'User:*', operation: 'READ', resource_type: 'TOPIC', resource_name: '*' };
    const { principal: _, ...access } = acl;
    await walk('POST', '/v1/bootstrap', 400);
    await walk('POST', '/v1/organizations', 400, json, '{"name":"Acme"}');
    await walk('POST', '/v1/signup', 403, json, '{"name":"Acme"}');
    await walk('POST', '/v1/invitations', 400, json, '{}');
    await walk('PATCH', '/v1/organization', 400, json, '{"cors_origins":[]}');
    await walk('POST', '/v1/clusters', 400, json, '{"name":"staging"}');
    await walk('DELETE', '/v1/clusters/c', 400);
    await walk('DELETE', '/v1/organization?confirm=c', 400);
    await walk('POST', '/v1/members', 400, json, '{"email":"ann@example.com","role":"viewer"}');
    await walk('PATCH', '/v1/members/mrm_x', 400, json, '{"role":"viewer"}');
    await walk('DELETE', '/v1/members/mrm_x', 400);
    const issuer = { issuer: 'https://login.example.com/', audience: 'a', keys_url: 'https://login.example.com/keys' };
    await walk('POST', '/v1/issuers', 400, json, JSON.stringify(issuer));
    await walk('DELETE', '/v1/issuers?issuer=https://login.example.com/&audience=a', 400);
    await walk('POST', '/v1/keys', 400, json, '{"name":"k","scopes":["consume:topic:orders"]}');
    await walk('POST', '/v1/keys/mrk_x/rotate', 400, json, '{"overlap_ms":0}');
    await walk('DELETE', '/v1/keys/mrk_x', 400);
    await walk('POST', '/v1/acls', 400, json, JSON.stringify({ acls: [acl] }));
    await walk('DELETE', '/v1/acls?principal=User:*', 400);
    const quotas = JSON.stringify({ quotas: [{ entity_type: 'organization', requests_per_second: 10 }] });
    await walk('PATCH', '/v1/quotas', 400, json, quotas);
    await walk('PATCH', '/v1/organizations/acme/quotas', 400, json, '{"requests_per_second":10}');
    await walk('PATCH', '/v1/budget', 400, json, '{"monthly_dollars":50}');
    await walk('POST', '/v1/acls/explain', 400, json, JSON.stringify(access));
    await walk('POST', '/v1/tokens', 400, json, '{"cap":[{"topic":"walk","ops":["read"]}]}');
    for (const path of ['/v1/session', '/v1/session/tickets']) await walk('POST', path, 400);
    await walk('DELETE', '/v1/session', 400);
    await walk('POST', '/v1/signing-secrets', 400, json, '{"name":"s","key_id":"mrk_x"}');
    await walk('GET', '/v1/signing-secrets', 400);
    await walk('DELETE', '/v1/signing-secrets/mrs_x', 400);
  }

  await walk('POST', '/v1/topics', 201, json, '{"name":"walk","partitions":2,"config":{"retention.ms":60000}}');
  await walk('GET', '/v1/topics?prefix=w&limit=5', 200);
  await walk('GET', '/v1/topics/walk', 200);
  await walk('GET', '/v1/topics/walk/history?step_ms=60000', 200);
  await walk('GET', '/v1/history', 200);
  await walk('GET', '/v1/activity?limit=5', 200);
  await walkAlerts();
  await walk('PATCH', '/v1/topics/walk', 200, json, '{"partitions":3,"config":{"retention.ms":null}}');
  await walk('POST', '/v1/producers', 201);
  const records =
    '{"records":[{"key":"a","value":{"n":1},"headers":[{"name":"h","value":"v"}]},{"value_text":"t","partition":0}]}';
  await walk('POST', '/v1/topics/walk/records', 200, { ...json, 'idempotency-key': 'walk-1' }, records);
  await walk('POST', '/v1/topics/walk/records', 200, { ...json, 'idempotency-key': 'walk-1' }, records);
  await walk(
    'POST',
    '/v1/topics/walk/records?key=/n',
    200,
    { 'content-type': 'application/x-ndjson' },
    '{"n":1}\n{"n":2}\n',
  );
  await walk('GET', '/v1/topics/walk/partitions/0/records?offset=earliest&max_records=1&max_bytes=1000&as=auto', 200);
  await walk('GET', '/v1/topics/walk/partitions/0/records?offset=latest&wait_ms=10&min_bytes=1', 200);
  await walk('GET', '/v1/topics/walk/partitions/0/records?timestamp=0&values_only=true', 200, {
    accept: 'application/x-ndjson',
  });
  await walk('GET', '/v1/topics/walk/partitions/0/records', 200, { accept: 'application/vnd.millrace.batch' });
  await walk('GET', '/v1/topics/walk/partitions/0/records?offset=99', 416);
  await walk('GET', '/v1/topics/walk/search?where=value.n%20%3E%3D%201&timestamp=0&max_records=1&as=json', 200);
  await walk('GET', '/v1/topics/walk/search?where=key%20%3D%20%22a%22', 400);
  await walk('GET', '/v1/topics/walk/timeline?partition=0', 200);
  await walk('GET', '/v1/topics/walk/stream?from=earliest', 200, { accept: 'text/event-stream' });
  await walk('GET', '/v1/topics/walk/ws', 101, socketV1);
  await walk('GET', '/v1/ws', 101, socketV1);
  await walk('GET', '/v1/topics/walk/partitions/0/ws', 101, {
    ...upgrade,
    'sec-websocket-protocol': 'millrace.v1.binary',
  });
  await walk('GET', '/v1/ws', 426);
  await walk('GET', '/kafka?advertised=127.0.0.1:9092', 101, {
    ...upgrade,
    'sec-websocket-protocol': 'millrace.kafka.v1',
  });
  await walk('GET', '/kafka', 426);
  for (const path of ['/', '/healthz', '/readyz', '/metrics', '/v1/limits', '/v1/session', '/openapi.json'])
    await walk('GET', path, 200);
  for (const path of ['/docs', '/docs/errors', '/docs/style.css']) await walk('GET', path, 200);
  await walk('GET', '/', 200, { accept: 'text/html' });
  await walkGroups();
  await walkShareGroups();
  await walkTransactions();
  await walkOrganization();
  await walk('POST', '/v1/topics/walk/partitions/0/recover', 200, json, '{"policy":"truncate"}');
  await walk('DELETE', '/v1/topics/walk/partitions/0/records?before=latest', 200);
  await walk('POST', '/v1/topics/walk/maintenance', 200);
  await walk('POST', '/v1/maintenance', 200);
  await walk('DELETE', '/v1/topics/walk', 204);
  await walk('GET', '/v1/topics/walk', 404);
  await walk('GET', '/no/such/route', 404);

  expect([...checker.seen].sort()).toEqual([...operationIds].sort());
});
