/**
 * The TypeScript client of Millrace, for browsers, Node and Workers: it needs fetch and WebSocket and nothing else.
 * docs/client.md shows how it is used.
 */
export type {
  Alert,
  AlertChange,
  AlertCondition,
  AlertHistory,
  AlertPreview,
  Alerts,
  AlertTarget,
  CreateAlertOptions,
  IssuedAlert,
  WebhookDelivery,
} from './alerts.ts';
export type { BackoffPolicy } from './backoff.ts';
export { type Client, type ClientOptions, createClient, type PlatformLimit } from './client.ts';
export type { ConsumeFrom } from './consume-from.ts';
export type { ConsumedRecord, JsonReviver, RecordHeader } from './consumed-record.ts';
export type { Consumer, ConsumerOptions, Gap } from './consumer.ts';
export type { Credential } from './credential.ts';
export type { DeadLetter } from './dead-letters.ts';
export type { RecordMetadata } from './delivery.ts';
export type { GroupConsumer, GroupOptions, GroupPartitions } from './group-consumer.ts';
export type { RefusedCommit } from './group-door.ts';
export type {
  GroupDescription,
  GroupMember,
  GroupPartition,
  GroupReset,
  GroupSummary,
  Groups,
  OffsetPlan,
  ResetOffsetsOptions,
  UndoPlan,
  UndoResetOptions,
} from './groups.ts';
export type { Activity, History, HistoryQuery, LagHistory, ThroughputHistory } from './history.ts';
export type { Job, JobPlace, JobPlan, JobRange, Jobs, Redriven, RedriveOptions, ReplayOptions } from './jobs.ts';
export type { MaintainOptions, PartitionMaintenance } from './maintenance.ts';
export { MillraceError, type MillraceErrorCode } from './millrace-error.ts';
export type {
  Acl,
  AclFilter,
  ApiKey,
  AuditEntry,
  AuditFilter,
  AuditQuery,
  CreateApiKeyOptions,
  CreateTokenOptions,
  IssuedApiKey,
  Organization,
  OrganizationDescription,
  OrganizationQuotas,
  Quota,
  QuotaOverride,
} from './organization.ts';
export type { PartitionReport } from './partition-report.ts';
export type { Issuer, Issuers, Member, Members } from './people.ts';
export type { Producer, ProducerOptions, SendOptions } from './producer.ts';
export type { ProducerHeaders, ProducerRecord } from './producer-record.ts';
export type { ReadOptions, RecordPage } from './read-page.ts';
export type { SearchOptions, SearchPage } from './search.ts';
export type { ShareConsumer, ShareOptions } from './share-consumer.ts';
export type {
  ShareGroupConfig,
  ShareGroupDescription,
  ShareGroups,
  SharePartition,
  ShareReset,
} from './share-groups.ts';
export type { SharedRecord } from './shared-record.ts';
export type { Throttle } from './subscription-door.ts';
export type {
  AlterTopicOptions,
  CreateTopicOptions,
  DeleteRecordsOptions,
  ListTopicsOptions,
  PartitionRecovery,
  Topic,
  Topics,
  TopicTimeline,
} from './topics.ts';
export type { Transaction, WrittenRecord } from './transaction.ts';
export type { TransactionalProducer, TransactionalProducerOptions } from './transactional-producer.ts';
export type { TransactionDescription, Transactions } from './transactions.ts';
export type { Budget, BudgetChange, Usage, UsageQuery, UsageRow } from './usage.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';
