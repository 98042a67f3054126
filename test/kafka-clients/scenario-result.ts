/** What a client's program says of one scenario, as a line of JSON on its stdout. */
export type ScenarioResult = {
  readonly scenario: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Why it failed. */
  readonly error?: string;
};

/** Parts of the protocol that a client may speak; each stands for an API that ApiVersions lists, or does not. */
export const features = {
  transactions: 26,
  'consumer-protocol': 68,
  'share-groups': 78,
} as const;

export type Feature = keyof typeof features;
