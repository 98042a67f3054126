import type { Choice } from '../ui/field.tsx';

const choices = (values: readonly string[]): readonly Choice[] => values.map((value) => ({ value, label: value }));

/** Kafka's operations; ALL stands for every other one. */
export const aclOperationChoices = choices([
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CLUSTER_ACTION',
  'ALL',
]);

/** What an ACL can be about; the last one is this platform's own. */
export const aclResourceChoices = choices(['TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID', 'USER', 'ORGANIZATION']);
