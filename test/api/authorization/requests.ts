import { operations } from '../../../src/api/openapi/operations.ts';
import { v2Operations } from '../../../src/api/rest-proxy/v2/operations.ts';
import { v3Operations } from '../../../src/api/rest-proxy/v3/operations.ts';
import { nominalBrokerId } from '../../../src/topics/nominal-broker.ts';

/** Stands in paths for an API key of the first organization that is made for the request. */
export const subjectKey = 'mrk_subject';

/** What stands for the parameters of every path. */
const pathValues: Readonly<Record<string, string>> = {
  topic: 'orders',
  topic_name: 'orders',
  partition: '0',
  partition_id: '0',
  instance: 'reader',
  transactional_id: 'unused',
  cluster_id: 'acme1',
  broker_id: String(nominalBrokerId),
  consumer_id: 'member',
  name: 'retention.ms',
  key: subjectKey,
  alert: 'alr_unknown',
};

/** A query that an operation cannot do without. */
const queries: Readonly<Record<string, string>> = {
  deleteRecords: '?before=0',
  searchRecords: '?where=key%20exists',
  deleteGroupOffsets: '?topic=orders',
  produceInTransaction: '?topic=orders&producer_id=0&producer_epoch=0',
  removeIssuer: '?issuer=https://nobody.example.com&audience=none',
  deleteAcls: '?principal=User:mrk_nobody',
  'v3.deleteAcls': '?principal=User:mrk_nobody',
};

const restAcl = {
  resource_type: 'TOPIC',
  resource_name: 'orders',
  pattern_type: 'LITERAL',
  principal: 'User:mrk_nobody',
  host: '*',
  operation: 'READ',
  permission: 'ALLOW',
};

/** A body for every operation that takes one. */
const bodies: Readonly<Record<string, unknown>> = {
  createTopic: { name: 'orders-new' },
  alterTopic: { config: { 'retention.ms': '86400000' } },
  produceRecords: { records: [{ key: 'user-1/a', value: 1 }] },
  recoverPartition: { policy: 'truncate' },
  groupConsume: { topics: ['orders'], wait_ms: 0 },
  groupHeartbeat: { member_id: 'member', member_epoch: 1 },
  groupLeave: { member_id: 'member', member_epoch: 1 },
  groupCommit: { offsets: { orders: { '0': 0 } } },
  resetGroupOffsets: { topics: ['orders'], to: 'earliest', dry_run: true },
  startJob: { kind: 'replay', source: 'orders', target: 'orders-copy', dry_run: true },
  undoGroupReset: { dry_run: true },
  acquireShared: { topics: ['orders'], wait_ms: 0 },
  acknowledgeShared: {
    acknowledgements: [{ topic: 'orders', partition: 0, from: 0, lock_id: 'lock', type: 'accept' }],
  },
  leaveShareGroup: { member_id: 'member' },
  createShareGroup: { group: 'app-share-new', dead_letter_topic: 'orders' },
  alterShareGroup: { dead_letter_topic: 'orders' },
  resetShareGroup: { topics: ['orders'], to: 'earliest' },
  initTransactions: { transactional_id: 'app-1' },
  produceInTransaction: { records: [{ key: 'user-1/a', value: 1 }] },
  commitOffsetsInTransaction: { producer_id: 0, producer_epoch: 0, group: 'app', offsets: { orders: { '0': 0 } } },
  commitTransaction: { producer_id: 0, producer_epoch: 0 },
  abortTransaction: { producer_id: 0, producer_epoch: 0 },
  createOrganization: { name: 'New' },
  signUp: { name: 'New' },
  createInvitation: {},
  createAlert: {
    name: 'Full',
    metric: 'stored_bytes',
    target: { type: 'cluster' },
    threshold: 1,
    webhook_url: 'https://hooks.example.com/',
  },
  previewAlert: { metric: 'lag', target: { type: 'group', name: 'app' }, threshold: 1 },
  alterAlert: { threshold: 2 },
  rotateAlertSecret: { overlap_ms: 0 },
  createToken: { cap: [{ topic: 'orders', ops: ['read'] }] },
  createSigningSecret: { name: 'backend', key_id: subjectKey },
  alterOrganization: { cors_origins: [] },
  createCluster: { name: 'staging' },
  inviteMember: { email: 'ann@example.com', role: 'viewer' },
  alterMember: { role: 'viewer' },
  putIssuer: {
    issuer: 'https://login.example.com/',
    audience: 'millrace',
    keys_url: 'https://login.example.com/keys',
  },
  createApiKey: { name: 'new', role: 'viewer' },
  rotateApiKey: { overlap_ms: 0 },
  createAcls: {
    acls: [{ principal: 'User:mrk_nobody', operation: 'READ', resource_type: 'TOPIC', resource_name: 'orders' }],
  },
  alterBudget: { monthly_dollars: 1_000_000 },
  alterQuotas: { quotas: [{ entity_type: 'topic', entity_name: 'unused', requests_per_second: 1 }] },
  overrideOrganizationQuotas: { requests_per_second: 5 },
  explainAcl: { operation: 'READ', resource_type: 'TOPIC', resource_name: 'orders' },
  'v2.postRoot': {},
  'v2.produceToTopic': { records: [{ value: 1 }] },
  'v2.produceToPartition': { records: [{ value: 1 }] },
  'v2.createInstance': { name: 'reader', format: 'json' },
  'v2.subscribe': { topics: ['orders'] },
  'v2.assign': { partitions: [{ topic: 'orders', partition: 0 }] },
  'v2.commitOffsets': { offsets: [{ topic: 'orders', partition: 0, offset: 0 }] },
  'v2.setPositions': { offsets: [{ topic: 'orders', partition: 0, offset: 0 }] },
  'v2.seekToBeginning': { partitions: [{ topic: 'orders', partition: 0 }] },
  'v2.seekToEnd': { partitions: [{ topic: 'orders', partition: 0 }] },
  'v3.createAcl': restAcl,
  'v3.createAcls': { data: [restAcl] },
  'v3.updateBrokerConfig': { value: '1' },
  'v3.alterBrokerConfigs': { data: [{ name: 'log.retention.ms', value: '1' }] },
  'v3.updateClusterConfig': { value: '1' },
  'v3.alterClusterConfigs': { data: [{ name: 'log.retention.ms', value: '1' }] },
  'v3.createTopic': { topic_name: 'orders-rest' },
  'v3.alterPartitionsCount': { partitions_count: 2 },
  'v3.updateTopicConfig': { value: '86400000' },
  'v3.alterTopicConfigs': { data: [{ name: 'retention.ms', value: '86400000' }] },
  'v3.produceRecords': { value: { type: 'JSON', data: 1 } },
  'v3.produceBatch': { entries: [{ id: 'a', value: { type: 'JSON', data: 1 } }] },
};

const v2Type = 'application/vnd.kafka.v2+json';
const v2JsonType = 'application/vnd.kafka.json.v2+json';

/** Every operation of every HTTP door, by its id; those of the REST Proxy begin with their version. */
export type DoorRequest = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** The group that the path names, which no other operation's does; null where it names none. */
  readonly group: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A valid request of every operation, in the order of the tables. Produced records go where the canary is not. */
export const doorRequests: readonly DoorRequest[] = [
  ...Object.entries(operations).map(([id, { method, path }]) => requestOf(id, method, path)),
  ...Object.entries(v2Operations).map(([id, { method, path }]) => {
    const type = id.startsWith('produce') ? v2JsonType : v2Type;
    const accept = id === 'readRecords' ? v2JsonType : v2Type;
    return requestOf(`v2.${id}`, method, `/rest-proxy${path}`, { 'content-type': type, accept });
  }),
  ...Object.entries(v3Operations).map(([id, { method, path }]) => requestOf(`v3.${id}`, method, `/rest-proxy${path}`)),
];

function requestOf(id: string, method: string, path: string, headers: Record<string, string> = {}): DoorRequest {
  const group = /\{(?:consumer_)?group(?:_name|_id)?\}/.test(path) ? `app-${id}` : null;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathValues[name] ?? group ?? 'unknown');
  const body = bodies[id];
  return { id, method, path: `${filled}${queries[id] ?? ''}`, group, headers, ...(body === undefined ? {} : { body }) };
}
