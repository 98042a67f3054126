import type { Principal } from './principal.ts';

/** What a quota bounds, each per second. */
export const quotaKinds = ['requests', 'produceBytes', 'fetchBytes'] as const;

export type QuotaKind = (typeof quotaKinds)[number];

/** One bound that a principal's requests count against; all who share the subject share the bound. */
export type QuotaRate = {
  /** What is bounded: the organization, a key, a topic of a cluster. */
  readonly subject: string;
  readonly kind: QuotaKind;
  readonly perSecond: number;
};

/** The bounds that hold for a principal. Absent from it when there is none, so that nobody pays for quotas of others. */
export type PrincipalQuotas = {
  /** Of its organization and its key. */
  readonly own: readonly QuotaRate[];
  /** Of topics of its cluster, by name. */
  readonly topics: Readonly<Record<string, readonly QuotaRate[]>>;
  /** Whether its connections, or its organization's, are counted. */
  readonly areConnectionsCapped?: true | undefined;
};

/** The bounds of a principal's request that is about this topic, or about none in particular. */
export function quotaRatesOf({ quotas }: Principal, topic: string | null): readonly QuotaRate[] {
  if (quotas === undefined) return [];
  const ofTopic = topic !== null && Object.hasOwn(quotas.topics, topic) ? quotas.topics[topic] : undefined;
  return ofTopic === undefined ? quotas.own : [...quotas.own, ...ofTopic];
}
