import { beforeEach, expect, test } from 'vitest';
import type { AclBinding } from '../../src/authorization/acl-binding.ts';
import type { WireAclFilter } from '../../src/kafka/acl-numbers.ts';
import { createAclsRequest, createAclsResponse } from '../../src/kafka/messages/create-acls.ts';
import { deleteAclsRequest, deleteAclsResponse } from '../../src/kafka/messages/delete-acls.ts';
import { describeAclsRequest, describeAclsResponse } from '../../src/kafka/messages/describe-acls.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { signInWithKey } from '../support/sasl-client.ts';
import { expectOk } from '../tenancy/organization-world.ts';

const describeAcls = { key: 29, request: describeAclsRequest, response: describeAclsResponse };
const createAcls = { key: 30, request: createAclsRequest, response: createAclsResponse };
const deleteAcls = { key: 31, request: deleteAclsRequest, response: deleteAclsResponse };

const clusterRefused = 31;
const invalidRequest = 42;
const securityDisabled = 54;

const any = 1;
const match = 2;
const literal = 3;
const prefixed = 4;
const types = { topic: 2, group: 3, delegationToken: 6 };
const operations = { all: 2, read: 3, write: 4, createTokens: 13 };
const allow = 3;

const rule = {
  resourceType: types.topic,
  resourceName: 'orders',
  resourcePatternType: literal,
  principal: 'User:ann',
  host: '*',
  operation: operations.read,
  permissionType: allow,
};
const prefix = { ...rule, resourceName: 'ord', resourcePatternType: prefixed, operation: operations.write };
const everyTopic = { ...rule, resourceName: '*', principal: 'User:*', operation: operations.all };
const group = { ...rule, resourceType: types.group, resourceName: 'app' };

const everything: WireAclFilter = {
  resourceTypeFilter: any,
  resourceNameFilter: null,
  patternTypeFilter: any,
  principalFilter: null,
  hostFilter: null,
  operation: any,
  permissionType: any,
};

let platform: ClosedPlatform;
let acme: Tenant;

beforeEach(async () => {
  platform = new ClosedPlatform();
  acme = await platform.found('acme');
});

async function connectAs(key: string): Promise<KafkaTestConnection> {
  const connection = new KafkaTestConnection({ kafka: platform.kafka });
  await signInWithKey(connection, key);
  return connection;
}

/** What is described, a line a rule. */
async function described(connection: KafkaTestConnection, filter: Partial<WireAclFilter> = {}) {
  const { errorCode, resources } = await connection.ask(describeAcls, 3, { ...everything, ...filter });
  expect(errorCode).toBe(0);
  return resources
    .flatMap(({ resourceName, patternType, acls }) =>
      acls.map(({ principal, operation }) => `${resourceName}/${patternType} ${principal} ${operation}`),
    )
    .sort();
}

test('are created, found by every kind of filter, and deleted', async () => {
  const connection = await connectAs(acme.ownerKey);
  const creations = [rule, prefix, everyTopic, group];
  const { results } = await connection.ask(createAcls, 3, { creations });
  expect(results.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0, 0]);
  const [named, begun, every, grouped] = [
    'orders/3 User:ann 3',
    'ord/4 User:ann 4',
    '*/3 User:* 2',
    'app/3 User:ann 3',
  ];
  expect(await described(connection)).toEqual([named, begun, every, grouped].sort());
  expect(await described(connection, { resourceTypeFilter: types.group })).toEqual([grouped]);
  expect(await described(connection, { resourceNameFilter: 'orders' })).toEqual([named]);
  const matching = { resourceTypeFilter: types.topic, resourceNameFilter: 'orders', patternTypeFilter: match };
  expect(await described(connection, matching)).toEqual([named, begun, every].sort());
  expect(await described(connection, { patternTypeFilter: prefixed })).toEqual([begun]);
  expect(await described(connection, { principalFilter: 'User:*' })).toEqual([every]);
  expect(await described(connection, { operation: operations.write })).toEqual([begun]);
  expect(await described(connection, { hostFilter: '10.0.0.1' })).toEqual([]);
  expect(await described(connection, { resourceTypeFilter: types.delegationToken })).toEqual([]);
  expect(await described(connection, { operation: operations.createTokens })).toEqual([]);
  const filters = [
    { ...everything, ...matching },
    { ...everything, resourceNameFilter: 'nothing' },
  ];
  const { filterResults } = await connection.ask(deleteAcls, 3, { filters });
  expect(filterResults.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.length])).toEqual([
    [0, 3],
    [0, 0],
  ]);
  expect(await described(connection)).toEqual([grouped]);
});

test('of the organization itself, which Kafka has no words for, stay where they are', async () => {
  const own: AclBinding = {
    principal: 'User:ann',
    host: '*',
    operation: 'DESCRIBE',
    permission: 'ALLOW',
    resourceType: 'ORGANIZATION',
    resourceName: 'organization',
    patternType: 'LITERAL',
  };
  const { organization } = acme.world;
  expectOk(await organization.createAcls('acme', acme.owner, [own]));
  const connection = await connectAs(acme.ownerKey);
  expect(await described(connection)).toEqual([]);
  await connection.ask(deleteAcls, 2, { filters: [everything] });
  const filter = {
    ...{ principal: null, host: null, operation: null, permission: null },
    ...{ resourceType: null, resourceName: null, patternType: null },
  };
  expect(expectOk(await organization.listAcls('acme', 'acme1', filter))).toEqual([own]);
});

test('that are none are refused one by one, and the others created', async () => {
  const connection = await connectAs(acme.ownerKey);
  const creations = [
    rule,
    { ...rule, resourceType: types.delegationToken },
    { ...rule, resourcePatternType: match },
    { ...rule, operation: any },
    { ...rule, permissionType: any },
    { ...rule, principal: 'ann' },
    { ...rule, resourceName: '' },
    { ...rule, operation: 99 },
  ];
  const { results } = await connection.ask(createAcls, 2, { creations });
  expect(results.map(({ errorCode }) => errorCode)).toEqual([0, ...Array(7).fill(invalidRequest)]);
  expect(await described(connection)).toHaveLength(1);
  for (const bad of [{ resourceTypeFilter: 0 }, { patternTypeFilter: 9 }, { operation: 0 }, { permissionType: -1 }]) {
    const { errorCode } = await connection.ask(describeAcls, 1, { ...everything, ...bad });
    expect([bad, errorCode]).toEqual([bad, invalidRequest]);
  }
});

test('are shown to whoever may describe the cluster, and changed by whoever may alter it', async () => {
  const describer = await connectAs(await platform.key(acme, ['describe:cluster']));
  expect(await described(describer)).toEqual([]);
  const created = await describer.ask(createAcls, 3, { creations: [rule] });
  const deleted = await describer.ask(deleteAcls, 3, { filters: [everything] });
  expect([created.results[0]!.errorCode, deleted.filterResults[0]!.errorCode]).toEqual([
    clusterRefused,
    clusterRefused,
  ]);
  const reader = await connectAs(await platform.key(acme, ['consume:topic:*']));
  expect((await reader.ask(describeAcls, 3, everything)).errorCode).toBe(clusterRefused);
});

test('are not there on an open platform', async () => {
  const connection = new KafkaTestConnection();
  expect((await connection.ask(describeAcls, 3, everything)).errorCode).toBe(securityDisabled);
  const { results } = await connection.ask(createAcls, 3, { creations: [rule] });
  expect(results[0]!.errorCode).toBe(securityDisabled);
});
