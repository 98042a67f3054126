/** What one room of the source may import; what is not listed is forbidden. */
export type ImportRule = {
  /** Rooms whose code may run here; their types may be used too. */
  readonly uses: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly types?: readonly string[];
  /** Single files of other rooms: pure codecs and names that an outer room shares with a domain. */
  readonly files?: readonly string[];
  /** Packages and built-in modules; a name that ends in ":" or "/" stands for all that begin with it. */
  readonly packages?: readonly string[];
};

const domains = [
  'alerts',
  'jobs',
  'authorization',
  'json',
  'log',
  'topics',
  'groups',
  'tenancy',
  'transactions',
  'gateway',
  'relay',
];

/** The import table of ARCHITECTURE.md: who may know whom. A room is a folder of src, or a file directly in it. */
export const importRules: Readonly<Record<string, ImportRule>> = {
  errors: { uses: [] },
  limits: { uses: ['errors'] },
  contracts: { uses: ['errors', 'limits', 'authorization'], files: ['src/alerts/alert-rule.ts'], packages: ['zod'] },

  address: { uses: [] },

  authorization: { uses: ['errors'] },

  egress: { uses: ['errors'] },

  history: { uses: [], types: ['log'] },

  alerts: { uses: ['errors', 'limits', 'platform'] },

  platform: { uses: ['errors'] },
  'platform/memory': { uses: ['errors', 'platform'], packages: ['node:'] },
  'platform/cloudflare': {
    uses: ['errors', 'limits', 'platform'],
    types: [...domains, 'contracts', 'kafka'],
    files: [
      'src/log/partition-ref.ts',
      'src/log/usage/usage-report.ts',
      'src/topics/cluster-object-name.ts',
      'src/relay/relay-object-name.ts',
      'src/relay/relay-request.ts',
      'src/groups/group-ref.ts',
      'src/groups/share/share-ref.ts',
      'src/tenancy/organization-ref.ts',
      'src/transactions/transaction-ref.ts',
      'src/topics/nominal-broker.ts',
      'src/kafka/connection-request.ts',
      'src/jobs/jobs-ref.ts',
    ],
    packages: ['cloudflare:', 'node:crypto'],
  },

  log: {
    uses: ['errors', 'limits', 'authorization', 'platform'],
    types: ['topics', 'contracts'],
    packages: ['node:zlib', 'node:buffer', 'snappyjs', 'lz4js'],
  },
  topics: { uses: ['errors', 'limits', 'platform', 'alerts', 'history', 'log'], types: ['contracts'] },
  groups: { uses: ['errors', 'limits', 'platform', 'topics'], types: ['log', 'contracts'] },
  tenancy: {
    uses: ['errors', 'limits', 'authorization', 'platform', 'log', 'egress'],
    types: ['topics', 'groups', 'transactions', 'contracts'],
  },
  json: { uses: ['errors', 'limits', 'log'], types: ['contracts'], packages: ['node:buffer'] },
  filter: { uses: ['errors', 'limits', 'address', 'json'] },
  gateway: {
    uses: [
      'errors',
      'limits',
      'authorization',
      'json',
      'filter',
      'log',
      'topics',
      'groups',
      'tenancy',
      'transactions',
      'jobs',
    ],
    types: ['alerts', 'contracts', 'platform'],
  },
  relay: {
    uses: ['errors', 'limits', 'authorization', 'contracts', 'json', 'log', 'topics', 'groups', 'gateway'],
    types: ['platform'],
  },
  transactions: { uses: ['errors', 'limits', 'platform'], types: ['log', 'topics'] },

  jobs: { uses: ['errors', 'limits', 'platform'] },

  check: { uses: ['errors'] },

  api: {
    uses: [
      'errors',
      'limits',
      'authorization',
      'contracts',
      'json',
      'filter',
      'gateway',
      'relay',
      'alerts',
      'history',
      'log',
      'topics',
      'groups',
      'tenancy',
    ],
    types: ['jobs', 'kafka', 'platform', 'transactions'],
    files: ['src/kafka/connection/socket-stream.ts'],
    packages: ['hono', 'hono/', 'zod'],
  },
  kafka: {
    uses: ['errors', 'limits', 'authorization', 'gateway', 'log', 'topics', 'groups', 'transactions'],
    types: ['platform', 'tenancy'],
  },
  'record-files': {
    uses: ['errors', 'limits', 'json'],
    types: ['client', 'contracts'],
    files: ['src/client/base64.ts'],
  },
  client: {
    uses: ['errors', 'limits', 'contracts', 'log'],
    types: ['json', 'relay'],
    files: ['src/relay/position.ts', 'src/topics/partitioner.ts'],
  },
  cli: {
    uses: ['errors', 'limits', 'contracts', 'address', 'filter', 'client', 'log', 'json', 'record-files', 'check'],
    types: ['topics'],
    files: ['src/tenancy/audit-chain.ts', 'src/kafka/connection/socket-stream.ts'],
    packages: ['node:', 'esbuild', 'miniflare', 'zod'],
  },
  dashboard: {
    uses: ['client', 'address', 'filter', 'record-files'],
    types: ['contracts'],
    files: ['src/topics/topic-config-keys.ts', 'src/authorization/acl-binding.ts', 'src/history/lag-forecast.ts'],
    packages: ['react', 'react-dom/', '@base-ui/', '@tanstack/', 'uplot', 'uplot/'],
  },

  composition: {
    uses: ['errors', 'limits', 'platform', 'platform/cloudflare', 'egress', ...domains],
    types: ['api', 'kafka'],
  },
  'durable-objects': {
    uses: ['composition', 'kafka', 'errors', 'limits', 'contracts', 'platform', 'platform/cloudflare', ...domains],
    packages: ['cloudflare:'],
  },
  worker: {
    uses: [
      'composition',
      'errors',
      'limits',
      'contracts',
      'platform',
      'platform/cloudflare',
      'api',
      'kafka',
      'durable-objects',
      ...domains,
    ],
    packages: ['cloudflare:'],
  },
};

/** The room a source file lives in. */
export function roomOf(path: string): string {
  const [top, room, inner, ...deeper] = path.split('/');
  if (top === 'durable-objects' || top === 'dashboard') return top;
  if (room === 'platform' && deeper.length > 0) return `platform/${inner}`;
  return room!.replace(/\.ts$/, '');
}
