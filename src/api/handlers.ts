import { kafkaHandlers } from './kafka-socket.ts';
import type { OperationId } from './openapi/operations.ts';
import { platformHandlers } from './platform-handlers.ts';
import type { Handler } from './services.ts';
import { aclHandlers } from './v1/acls.ts';
import { alertHandlers } from './v1/alerts.ts';
import { apiKeyHandlers } from './v1/api-keys.ts';
import { auditHandlers } from './v1/audit.ts';
import { budgetHandlers } from './v1/budget.ts';
import { groupMemberHandlers } from './v1/group-members.ts';
import { groupResetHandlers } from './v1/group-resets.ts';
import { groupHandlers } from './v1/groups.ts';
import { historyHandlers } from './v1/history.ts';
import { jobHandlers } from './v1/jobs.ts';
import { maintenanceHandlers } from './v1/maintenance.ts';
import { organizationHandlers } from './v1/organizations.ts';
import { partitionHandlers } from './v1/partitions.ts';
import { peopleHandlers } from './v1/people.ts';
import { quotaHandlers } from './v1/quotas.ts';
import { recordHandlers } from './v1/records.ts';
import { searchHandlers } from './v1/search.ts';
import { sessionHandlers } from './v1/session.ts';
import { shareGroupHandlers } from './v1/share-groups.ts';
import { shareMemberHandlers } from './v1/share-members.ts';
import { signupHandlers } from './v1/signup.ts';
import { streamHandlers } from './v1/stream.ts';
import { timelineHandlers } from './v1/timeline.ts';
import { tokenHandlers } from './v1/tokens.ts';
import { topicHandlers } from './v1/topics.ts';
import { transactionHandlers } from './v1/transactions.ts';
import { usageHandlers } from './v1/usage.ts';
import { usageMetricsHandlers } from './v1/usage-metrics.ts';
import { webSocketHandlers } from './v1/websocket.ts';

/** Which function answers which operation. A module of routes exports its handlers by operation id. */
export const handlers: Readonly<Record<OperationId, Handler>> = {
  ...topicHandlers,
  ...platformHandlers,
  ...recordHandlers,
  ...searchHandlers,
  ...timelineHandlers,
  ...partitionHandlers,
  ...webSocketHandlers,
  ...streamHandlers,
  ...groupHandlers,
  ...groupMemberHandlers,
  ...groupResetHandlers,
  ...maintenanceHandlers,
  ...shareGroupHandlers,
  ...jobHandlers,
  ...transactionHandlers,
  ...shareMemberHandlers,
  ...organizationHandlers,
  ...signupHandlers,
  ...peopleHandlers,
  ...apiKeyHandlers,
  ...aclHandlers,
  ...auditHandlers,
  ...tokenHandlers,
  ...kafkaHandlers,
  ...quotaHandlers,
  ...sessionHandlers,
  ...usageHandlers,
  ...usageMetricsHandlers,
  ...budgetHandlers,
  ...historyHandlers,
  ...alertHandlers,
};
