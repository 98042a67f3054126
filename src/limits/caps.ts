import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** What an organization can bound the number of, with the platform's limit that no cap goes beyond. */
export const capMaxima = {
  topics: limits.topicsPerCluster.value,
  partitions: limits.partitionsPerCluster.value,
  groups: limits.groupsPerCluster.value,
  transactionalIds: limits.transactionalIdsPerCluster.value,
  keys: limits.keysPerOrganization.value,
  members: limits.membersPerOrganization.value,
  acls: limits.aclsPerCluster.value,
  connections: limits.connectionsPerOrganization.value,
  storageBytes: limits.storageBytesPerOrganization.value,
} as const;

export type CapKind = keyof typeof capMaxima;

export const capKinds = Object.keys(capMaxima) as readonly CapKind[];

/** How many there may be of some kinds, fewer than the platform allows; of the others as many as it allows. */
export type Caps = { readonly [Kind in CapKind]?: number };

const nouns: Readonly<Record<CapKind, string>> = {
  topics: 'topics in a cluster',
  partitions: 'partitions in a cluster',
  groups: 'groups in a cluster',
  transactionalIds: 'transactional ids in a cluster',
  keys: 'API keys in the organization',
  members: 'members and invitations in the organization',
  acls: 'ACLs in a cluster',
  connections: 'connections of the organization',
  storageBytes: 'bytes that the organization keeps',
};

/**
 * What the operator says of the caps of one organization in the place of what holds for all: null lifts a bound, and what
 * is not named stays as it is for all.
 */
export type CapOverrides = { readonly [Kind in CapKind]?: number | null };

/** What a cluster is told of caps: its organization's own, and what the operator says of that organization. */
export type ClusterCaps = Caps & { readonly operator?: CapOverrides };

/** Bounds that hold for all, with those of one organization in their place. */
export function overridden<Bounds extends object>(
  bounds: Bounds,
  overrides: { readonly [Kind in keyof Bounds]?: Bounds[Kind] | null },
): Bounds {
  const merged = Object.entries({ ...bounds, ...overrides }).filter(([, bound]) => bound !== null);
  return Object.fromEntries(merged) as Bounds;
}

/** What bounds a cluster: by the operator's word for all, or for its organization, and by the organization's own. */
export function capsInCluster(operatorCaps: Caps, { operator, ...own }: ClusterCaps): readonly Caps[] {
  return [overridden(operatorCaps, operator ?? {}), own];
}

/** The most there may be of a kind, out of caps that hold at the same time. */
export function capOf(kind: CapKind, ...caps: readonly Caps[]): number {
  return Math.min(capMaxima[kind], ...caps.map((each) => each[kind] ?? Number.POSITIVE_INFINITY));
}

/** Whether there may be `count` of a kind. LIMIT_REACHED says which cap it is, and what to do. */
export function checkCap(kind: CapKind, count: number, ...caps: readonly Caps[]): Result<null> {
  const max = capOf(kind, ...caps);
  if (count <= max) return ok(null);
  const raise =
    max < capMaxima[kind]
      ? "or raise the cap: GET /v1/quotas shows the organization's own, what is lower is the operator's"
      : 'this is the most that the platform allows';
  return failed(
    'LIMIT_REACHED',
    `There may be ${max} ${nouns[kind]}, and this would be ${count}; delete some, ${raise}.`,
    {
      cap: kind,
      max,
    },
  );
}

/** What is shown of a name that is none. */
const maxShownCharacters = 40;

/**
 * Reads caps as an operator writes them, such as `{"topics":100}`. UNKNOWN_SERVER_ERROR says what is wrong with them, and
 * does not repeat more of them than a name: something else may have been put there by mistake.
 */
export function parseCaps(text: string | undefined): Result<Caps> {
  if (text === undefined || text === '') return ok({});
  const caps = parsedObject(text);
  if (caps === null) return badCaps('is no JSON object');
  for (const [kind, cap] of Object.entries(caps)) {
    const name = shownName(kind);
    if (!Object.hasOwn(capMaxima, kind)) return badCaps(`has ${name}, which is no cap`);
    if (!Number.isInteger(cap) || Number(cap) < 0) return badCaps(`has something else than a whole number for ${name}`);
  }
  return ok(caps as Caps);
}

/** What holds in objects: caps that cannot be read let nothing more be created. Doors answer then what is wrong. */
export function operatorCapsOf(text: string | undefined): Caps {
  const caps = parseCaps(text);
  return caps.ok ? caps.value : nothingMore;
}

const nothingMore = Object.fromEntries(capKinds.map((kind) => [kind, 0])) as Caps;

/** A name out of an operator's variable, as it may be shown. */
export const shownName = (name: string): string => JSON.stringify(name.slice(0, maxShownCharacters));

/** An operator's variable as the object that it ought to be; null when it is none. */
export function parsedObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

const badCaps = (what: string): Result<Caps> =>
  failed(
    'UNKNOWN_SERVER_ERROR',
    `The platform is not set up rightly: the variable MILLRACE_CAPS ${what}. It is JSON such as {"topics":1000}, with ${capKinds.join(', ')}, each a whole number.`,
  );
