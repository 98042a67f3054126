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
};

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

/** Reads caps as an operator writes them, such as `{"topics":100}`; throws when they are none. */
export function parseCaps(text: string | undefined): Caps {
  if (text === undefined || text === '') return {};
  const caps = JSON.parse(text) as Readonly<Record<string, unknown>>;
  for (const [kind, cap] of Object.entries(caps)) {
    if (!Object.hasOwn(capMaxima, kind) || !Number.isInteger(cap) || Number(cap) < 0) {
      throw new TypeError(
        `MILLRACE_CAPS has ${kind}: ${String(cap)}; caps are ${capKinds.join(', ')}, each a whole number`,
      );
    }
  }
  return caps as Caps;
}
