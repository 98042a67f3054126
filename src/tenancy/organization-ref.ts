import type { RandomBytes } from './base62.ts';

/** Letters of ids that the platform issues: they stand in object names, and in answers that people read out. */
const idAlphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** 36^14 ids, 72 bits: two of them never meet. */
const idLetters = 14;

/** 36 * 7; bytes from it on are drawn again, so that no letter is likelier. */
const fairBytes = 252;

const organizationId = /^[0-9a-z]{1,32}$/;

/** A new id of an organization, a cluster, a member, ...: no two are ever the same. */
export function issueId(randomBytes: RandomBytes): string {
  let id = '';
  while (id.length < idLetters) {
    for (const byte of randomBytes(idLetters - id.length)) {
      if (byte < fairBytes) id += idAlphabet[byte % idAlphabet.length];
    }
  }
  return id;
}

export function isOrganizationId(text: string): boolean {
  return organizationId.test(text);
}

/** The name of an organization's Durable Object; the length keeps it apart from every other kind's. */
export function organizationObjectName(orgId: string): string {
  return `v1O${orgId.length}:${orgId}`;
}

/** The name of the one object that knows which organizations and clusters there are. */
export const directoryObjectName = 'v1D';
