/** A view of the dashboard: its name for files and its address below the cluster. */
export type View = { readonly name: string; readonly path: string; readonly isClosedOnly?: boolean };

/** Every page, with what it shows when it is full and when it is empty. */
export const views: readonly View[] = [
  { name: 'home', path: '' },
  { name: 'topics', path: '/topics' },
  { name: 'topics-none-found', path: '/topics?filter=nothing' },
  { name: 'records', path: '/topics/orders' },
  { name: 'records-empty', path: '/topics/payments' },
  { name: 'records-live', path: '/topics/orders?live=true' },
  { name: 'record', path: '/topics/orders/0/0' },
  { name: 'record-missing', path: '/topics/orders/0/999999' },
  { name: 'partitions', path: '/topics/orders/partitions' },
  { name: 'configs', path: '/topics/orders/configs' },
  { name: 'upload', path: '/topics/orders/upload' },
  { name: 'topic-missing', path: '/topics/nowhere' },
  { name: 'groups', path: '/groups' },
  { name: 'group', path: '/groups/billing' },
  { name: 'group-missing', path: '/groups/nobody' },
  { name: 'share-groups', path: '/share-groups' },
  { name: 'share-group', path: '/share-groups/mailer' },
  { name: 'keys', path: '/keys', isClosedOnly: true },
  { name: 'members', path: '/members', isClosedOnly: true },
  { name: 'quotas', path: '/quotas', isClosedOnly: true },
  { name: 'usage', path: '/usage', isClosedOnly: true },
  { name: 'usage-by-topic', path: '/usage?by=topic', isClosedOnly: true },
  { name: 'usage-by-key', path: '/usage?by=key&show=dollars', isClosedOnly: true },
  { name: 'usage-empty', path: '/usage?from=2026-01-01&to=2026-01-31', isClosedOnly: true },
  { name: 'budget', path: '/budget', isClosedOnly: true },
  { name: 'acls', path: '/acls', isClosedOnly: true },
  { name: 'audit', path: '/audit', isClosedOnly: true },
];
