import { beforeAll, describe, expect, test } from 'vitest';
import { kafkaAclListSchema, kafkaAclSchema } from '../../../src/contracts/rest-proxy-acls.ts';
import { type ClosedInit, ClosedPlatform, closedOrigin, type Tenant } from '../../support/closed-platform.ts';

const platform = new ClosedPlatform();
let acme: Tenant;
let admin = '';

beforeAll(async () => {
  acme = await platform.found('acme');
  admin = await platform.key(acme, 'admin');
});

const acls = '/rest-proxy/v3/clusters/acme1/acls';
const reading = {
  resource_type: 'TOPIC',
  resource_name: 'orders',
  pattern_type: 'LITERAL',
  principal: 'User:mrk_billing',
  host: '*',
  operation: 'READ',
  permission: 'ALLOW',
};
const prefixed = { ...reading, resource_name: 'or', pattern_type: 'PREFIXED', operation: 'WRITE' };
const denial = { ...reading, principal: 'User:*', resource_type: 'GROUP', resource_name: 'app', permission: 'DENY' };

async function call(path: string, init: ClosedInit = {}) {
  const answer = await platform.request(path, { credential: admin, ...init });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, json: text === '' ? null : JSON.parse(text) };
}

const post = (path: string, body: unknown, credential = admin) => call(path, { method: 'POST', body, credential });

async function found(query = ''): Promise<unknown[]> {
  const { json } = await call(`${acls}${query}`);
  return kafkaAclListSchema.parse(json).data.map(({ operation, resource_name }) => `${operation} ${resource_name}`);
}

describe('ACLs over the REST Proxy', () => {
  test('are those of the organization, found where they are said to be', async () => {
    const created = await post(acls, reading);
    expect([created.status, created.json]).toEqual([201, null]);
    const location = created.headers.get('location') ?? '';
    expect(location.startsWith(`${closedOrigin}${acls}?`)).toBe(true);
    expect((await post(`${acls}:batch`, { data: [prefixed, denial] })).status).toBe(201);

    const { json } = await call(location.slice(closedOrigin.length));
    expect(json).toMatchObject({ kind: 'KafkaAclList', data: [{ kind: 'KafkaAcl', cluster_id: 'acme1', ...reading }] });
    expect(kafkaAclSchema.parse(json.data[0]).metadata).toEqual({ self: location, resource_name: null });
    expect((await call('/v1/acls')).json.acls).toHaveLength(3);
  });

  test('are searched as Kafka does: equal fields, ANY, MATCH, in either case', async () => {
    expect(await found()).toHaveLength(3);
    expect(await found('?resource_type=any&operation=ANY&resource_name=')).toHaveLength(3);
    expect(await found('?resource_name=orders')).toEqual(['READ orders']);
    expect(await found('?resource_type=TOPIC&pattern_type=MATCH&resource_name=orders')).toEqual([
      'READ orders',
      'WRITE or',
    ]);
    expect(await found('?permission=deny')).toEqual(['READ app']);
    const wrong = await call(`${acls}?operation=KNOW`);
    expect([wrong.status, wrong.json.error_code]).toEqual([400, 40_002]);
    expect(wrong.json.message).toContain('operation is one of ANY, ALL, READ');
  });

  test('are deleted by what is asked for, and never all by an empty question', async () => {
    const remove = (query: string) => call(`${acls}${query}`, { method: 'DELETE' });
    for (const query of ['', '?', '?principal=', '?unknown=1']) expect((await remove(query)).status).toBe(400);
    expect(await found()).toHaveLength(3);
    const gone = await remove('?resource_type=TOPIC&pattern_type=MATCH&resource_name=orders-eu');
    expect(gone.json.data.map((acl: unknown) => kafkaAclSchema.parse(acl).operation)).toEqual(['WRITE']);
    expect(await found()).toEqual(['READ app', 'READ orders']);
    expect((await remove('?resource_type=ANY')).json.data).toHaveLength(2);
    expect(await found()).toEqual([]);
  });

  test('are refused whole when one of them is wrong, or hands on what is not the own', async () => {
    const bad = await post(`${acls}:batch`, { data: [reading, { ...reading, operation: 'CLUSTER_ACTION' }] });
    expect([bad.status, bad.json.error_code]).toEqual([400, 40_002]);
    expect((await post(acls, { ...reading, pattern_type: 'MATCH' })).status).toBe(400);
    expect((await post(acls, { ...reading, operation: 'ANY' })).status).toBe(400);
    const limited = await platform.key(acme, ['admin:cluster']);
    const handedOn = await post(acls, reading, limited);
    expect([handedOn.status, handedOn.json.error_code]).toEqual([403, 40_301]);
    expect(await found()).toEqual([]);
  });
});
