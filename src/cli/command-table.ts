import type { CommandEntry } from './command.ts';

/** Every command. Each is loaded when it is called, so that none waits for what only another one needs. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  dev: {
    summary: 'run the whole platform on this machine',
    load: async () => (await import('./commands/dev.ts')).dev,
    ownsOptions: true,
  },
  topics: {
    summary: 'create, list, describe, alter, delete, export and import topics',
    load: async () => (await import('./commands/topics.ts')).topics,
  },
  produce: {
    summary: 'send lines of standard input or files to a topic',
    load: async () => (await import('./commands/produce.ts')).produce,
  },
  consume: {
    summary: 'print the records of a topic, and follow it',
    load: async () => (await import('./commands/consume.ts')).consume,
  },
  groups: {
    summary: 'list, describe, reset and delete consumer groups',
    load: async () => (await import('./commands/groups.ts')).groups,
  },
  transactions: {
    summary: 'list and describe transactional ids, and abort a transaction that hangs',
    load: async () => (await import('./commands/transactions.ts')).transactions,
  },
  share: {
    summary: 'create, list, describe, consume, reset and delete share groups, and send dead letters again',
    load: async () => (await import('./commands/share.ts')).share,
  },
  jobs: {
    summary: 'copy ranges of records to other topics in the background; list, watch and cancel jobs',
    load: async () => (await import('./commands/jobs.ts')).jobs,
  },
  check: {
    summary: 'judge a history of sends and reads',
    load: async () => (await import('./commands/check.ts')).check,
  },
  maintenance: {
    summary: 'do at once what is due: retention, compaction, moving segments',
    load: async () => (await import('./commands/maintenance.ts')).maintenance,
  },
  'kafka-proxy': {
    summary: 'let Kafka clients on this machine reach a platform without a TCP port',
    load: async () => (await import('./commands/kafka-proxy.ts')).kafkaProxy,
  },
  open: {
    summary: 'open the dashboard at a topic, a position or a record',
    load: async () => (await import('./commands/open.ts')).open,
  },
  alerts: {
    summary: 'tell a webhook when groups lag, topics are silent or full, or a budget is used up',
    load: async () => (await import('./commands/alerts.ts')).alerts,
  },
  limits: {
    summary: "the platform's bounds and what happens beyond them",
    load: async () => (await import('./commands/limits.ts')).limits,
  },
  orgs: {
    summary: 'describe and alter the organization and its members; as operator, create and list organizations',
    load: async () => (await import('./commands/orgs.ts')).orgs,
  },
  keys: {
    summary: 'create, list, describe, rotate and revoke API keys',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  tokens: {
    summary: 'mint browser tokens, and manage the secrets that sign them',
    load: async () => (await import('./commands/tokens.ts')).tokens,
  },
  acls: {
    summary: 'create, list, delete and explain ACLs',
    load: async () => (await import('./commands/acls.ts')).acls,
  },
  audit: {
    summary: 'list, export and verify the audit log of the organization',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  quotas: {
    summary: 'list and set how much the organization, its keys and topics may be used',
    load: async () => (await import('./commands/quotas.ts')).quotas,
  },
  usage: {
    summary: 'what the organization used, and what it cost',
    load: async () => (await import('./commands/usage.ts')).usage,
  },
  top: {
    summary: 'live: the busiest topics, and the consumer groups that are furthest behind',
    load: async () => (await import('./commands/top.ts')).top,
  },
  completion: {
    summary: 'print what makes bash, zsh or fish complete this command',
    load: async () => (await import('./commands/completion.ts')).completionOf(commands),
  },
  version: { summary: 'print the version', load: async () => (await import('./commands/version.ts')).version },
};
