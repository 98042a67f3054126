import { aclOperations } from './acl-operations.ts';
import { alertOperations } from './alert-operations.ts';
import { apiKeyOperations } from './api-key-operations.ts';
import { auditOperations } from './audit-operations.ts';
import { groupOperations } from './group-operations.ts';
import { historyOperations } from './history-operations.ts';
import { jobOperations } from './job-operations.ts';
import { kafkaOperations } from './kafka-operations.ts';
import { maintenanceOperations } from './maintenance-operations.ts';
import type { Operation } from './operation.ts';
import { organizationOperations } from './organization-operations.ts';
import { partitionOperations } from './partition-operations.ts';
import { peopleOperations } from './people-operations.ts';
import { platformOperations } from './platform-operations.ts';
import { quotaOperations } from './quota-operations.ts';
import { recordOperations } from './record-operations.ts';
import { searchOperations } from './search-operations.ts';
import { sessionOperations } from './session-operations.ts';
import { shareGroupOperations } from './share-group-operations.ts';
import { signupOperations } from './signup-operations.ts';
import { tokenOperations } from './token-operations.ts';
import { topicOperations } from './topic-operations.ts';
import { transactionOperations } from './transaction-operations.ts';
import { usageOperations } from './usage-operations.ts';

/** Every route of the API, by operation id: the router, the OpenAPI document and the reference page are made of it. */
export const operations = {
  ...topicOperations,
  ...recordOperations,
  ...searchOperations,
  ...partitionOperations,
  ...groupOperations,
  ...maintenanceOperations,
  ...shareGroupOperations,
  ...jobOperations,
  ...transactionOperations,
  ...organizationOperations,
  ...signupOperations,
  ...peopleOperations,
  ...apiKeyOperations,
  ...aclOperations,
  ...auditOperations,
  ...tokenOperations,
  ...kafkaOperations,
  ...quotaOperations,
  ...sessionOperations,
  ...usageOperations,
  ...historyOperations,
  ...alertOperations,
  ...platformOperations,
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

export const operationIds = Object.keys(operations) as readonly OperationId[];
