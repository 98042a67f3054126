import type { TopicConfig } from '../topics/topic-config.ts';

/** Whether old records are deleted by time or size. */
export function doesDelete({ cleanupPolicy }: Pick<TopicConfig, 'cleanupPolicy'>): boolean {
  return cleanupPolicy !== 'compact';
}

/** Whether only the last record of a key is kept; every record has a key then. */
export function doesCompact({ cleanupPolicy }: Pick<TopicConfig, 'cleanupPolicy'>): boolean {
  return cleanupPolicy !== 'delete';
}
