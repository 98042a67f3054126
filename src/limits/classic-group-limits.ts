import type { Limit } from './limit.ts';

const mib = 1024 * 1024;

/** The bounds of groups that speak Kafka's classic protocol, as part of {@link limits}. */
export const classicGroupLimits = {
  classicMemberBytes: {
    value: mib,
    unit: 'bytes',
    error: 'INVALID_REQUEST',
    reason:
      "What a member of Kafka's classic protocol tells its leader, and what that assigns to it, are rows of the group, which have 2 MB at most.",
  },
  classicGroupBytes: {
    value: 16 * mib,
    unit: 'bytes',
    error: 'GROUP_MAX_SIZE_REACHED',
    reason: 'The leader is told in one answer what all members say, and the group holds it in memory.',
  },
} as const satisfies Record<string, Limit>;
