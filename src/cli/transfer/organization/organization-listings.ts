import type { HttpDoor } from '../../../client/http-door.ts';
import { shareGroupPath } from '../../../client/share-groups.ts';
import type { GroupDescriptionJson } from '../../../contracts/groups.ts';
import type { ShareGroupDescriptionJson } from '../../../contracts/share-groups.ts';
import { untilSettled } from '../batch-page.ts';

type Items = AsyncGenerator<object, void, undefined>;

export type Listing = {
  readonly kind: string;
  readonly read: (door: HttpDoor, signal: AbortSignal) => Items;
};

/** How many items one page of a listing asks for. */
const itemsPerPage = 500;

/**
 * What is exported of the whole organization, and of the cluster of the credential. All of it is read before any record
 * is: whoever goes on at a group's offsets with the records of the export may see some twice, and misses none.
 */
export const organizationListings = [
  { kind: 'organization', read: (door, signal) => one(door, '/v1/organization', signal) },
  { kind: 'members', read: (door, signal) => listOf(door, '/v1/members', 'members', signal) },
  { kind: 'issuers', read: (door, signal) => listOf(door, '/v1/issuers', 'issuers', signal) },
  { kind: 'keys', read: (door, signal) => pagesOf(door, '/v1/keys', 'keys', signal) },
  { kind: 'signing-secrets', read: (door, signal) => listOf(door, '/v1/signing-secrets', 'signing_secrets', signal) },
  { kind: 'budget', read: (door, signal) => one(door, '/v1/budget', signal) },
] as const satisfies readonly Listing[];

export const clusterListings = [
  { kind: 'quotas', read: (door, signal) => listOf(door, '/v1/quotas', 'quotas', signal) },
  { kind: 'acls', read: (door, signal) => listOf(door, '/v1/acls', 'acls', signal) },
  { kind: 'topics', read: (door, signal) => pagesOf(door, '/v1/topics', 'topics', signal) },
  { kind: 'groups', read: groups },
  { kind: 'share-groups', read: shareGroups },
] as const satisfies readonly Listing[];

/** Read last, so that what the export itself left in it is there too. */
export const auditListing = {
  kind: 'audit',
  read: (door, signal) => pagesOf(door, '/v1/audit', 'entries', signal, { order: 'oldest' }),
} as const satisfies Listing;

export type ListingKind =
  | (typeof organizationListings)[number]['kind']
  | (typeof clusterListings)[number]['kind']
  | typeof auditListing.kind;

/** One answer; what may be tried again is, since a long export meets throttling and restarts. */
function get<Answer>(
  door: HttpDoor,
  path: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string | number | undefined>> = {},
): Promise<Answer> {
  return untilSettled(() => door.json<Answer>({ method: 'GET', path, query, signal }), signal);
}

async function* one(door: HttpDoor, path: string, signal: AbortSignal): Items {
  yield await get<object>(door, path, signal);
}

async function* listOf(door: HttpDoor, path: string, field: string, signal: AbortSignal): Items {
  yield* (await get<Record<string, object[]>>(door, path, signal))[field] ?? [];
}

/** All items of a listing, page after page; `field` is where a page has them. */
async function* pagesOf<Item extends object>(
  door: HttpDoor,
  path: string,
  field: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string>> = {},
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const page: Page = await get(door, path, signal, { ...query, limit: itemsPerPage, cursor });
    yield* page[field] as Item[];
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

type Page = { readonly next_cursor: string | null } & Readonly<Record<string, unknown>>;

/** A group with the offsets that it has committed; who its members are is of no use anywhere else. */
async function* groups(door: HttpDoor, signal: AbortSignal): Items {
  for await (const { group } of pagesOf<{ readonly group: string }>(door, '/v1/groups', 'groups', signal)) {
    const path = `/v1/groups/${encodeURIComponent(group)}`;
    const { partitions } = await get<GroupDescriptionJson>(door, path, signal);
    const offsets = partitions.flatMap(({ topic, partition, committed_offset, metadata, committed_at }) =>
      committed_offset === null ? [] : [{ topic, partition, offset: committed_offset, metadata, committed_at }],
    );
    yield { group, offsets };
  }
}

async function* shareGroups(door: HttpDoor, signal: AbortSignal): Items {
  for await (const { group } of pagesOf<{ readonly group: string }>(door, '/v1/share-groups', 'groups', signal)) {
    const path = shareGroupPath(group);
    const { created_at, config, partitions } = await get<ShareGroupDescriptionJson>(door, path, signal);
    const begins = partitions.map(({ topic, partition, start_offset }) => ({ topic, partition, start_offset }));
    yield { group, created_at, config, partitions: begins };
  }
}
