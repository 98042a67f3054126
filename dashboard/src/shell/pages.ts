import type { SessionRight } from '../../../src/contracts/session.ts';

/** The pages of the navigation; the palette and the shortcut sheet are made of them too. */
export type NavigationPage = {
  readonly label: string;
  readonly to:
    | '/$organization/$cluster'
    | `/$organization/$cluster/${'topics' | 'groups' | 'share-groups' | 'jobs' | 'alerts' | 'keys' | 'tokens' | 'members' | 'acls' | 'quotas' | 'usage' | 'budget' | 'audit'}`;
  /** Typed after `g`. */
  readonly key: string;
  /** Shown to who has it. */
  readonly right?: SessionRight;
  /** Pages that an open platform has nothing for. */
  readonly isClosedOnly?: boolean;
};

export const navigationPages: readonly NavigationPage[] = [
  { label: 'Home', to: '/$organization/$cluster', key: 'h' },
  { label: 'Topics', to: '/$organization/$cluster/topics', key: 't' },
  { label: 'Consumer groups', to: '/$organization/$cluster/groups', key: 'g' },
  { label: 'Share groups', to: '/$organization/$cluster/share-groups', key: 's' },
  { label: 'Alerts', to: '/$organization/$cluster/alerts', key: 'e', right: 'cluster.describe' },
  { label: 'Jobs', to: '/$organization/$cluster/jobs', key: 'j' },
  { label: 'API keys', to: '/$organization/$cluster/keys', key: 'k', right: 'users.describe', isClosedOnly: true },
  { label: 'Browser tokens', to: '/$organization/$cluster/tokens', key: 'o', isClosedOnly: true },
  {
    label: 'Members',
    to: '/$organization/$cluster/members',
    key: 'm',
    right: 'users.describe',
    isClosedOnly: true,
  },
  { label: 'ACLs', to: '/$organization/$cluster/acls', key: 'l', right: 'users.describe', isClosedOnly: true },
  {
    label: 'Quotas',
    to: '/$organization/$cluster/quotas',
    key: 'q',
    right: 'organization.describe',
    isClosedOnly: true,
  },
  {
    label: 'Usage',
    to: '/$organization/$cluster/usage',
    key: 'u',
    right: 'organization.describe',
    isClosedOnly: true,
  },
  {
    label: 'Budget',
    to: '/$organization/$cluster/budget',
    key: 'b',
    right: 'organization.describe',
    isClosedOnly: true,
  },
  {
    label: 'Audit log',
    to: '/$organization/$cluster/audit',
    key: 'a',
    right: 'organization.describe',
    isClosedOnly: true,
  },
];
