import type { Choice } from '../ui/field.tsx';

/** The roles of members, with what each may do. */
export const memberRoles: readonly Choice[] = [
  { value: 'viewer', label: 'viewer: look at everything' },
  { value: 'developer', label: 'developer: produce, consume, create topics' },
  { value: 'admin', label: 'admin: everything but the organization itself' },
  { value: 'owner', label: 'owner: everything' },
];
