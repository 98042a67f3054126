/** A credential of one cluster, as it is kept for this tab: who reads the tab's memory has it until it is closed. */
export type StoredCredential = {
  readonly orgId: string;
  readonly clusterId: string;
  /** What a person sees of it: the principal's name. */
  readonly label: string;
  readonly credential: string;
};

const storageKey = 'millrace.credentials';

/** The clusters that this tab is signed in to, the one used last first. */
export function storedCredentials(): readonly StoredCredential[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? (stored as StoredCredential[]) : [];
  } catch {
    return [];
  }
}

export function credentialFor(orgId: string, clusterId: string): StoredCredential | null {
  return storedCredentials().find((stored) => stored.orgId === orgId && stored.clusterId === clusterId) ?? null;
}

/** Keeps a credential, first in the list; one of the same cluster gives way to it. */
export function storeCredential(stored: StoredCredential): void {
  const others = storedCredentials().filter(
    (other) => other.orgId !== stored.orgId || other.clusterId !== stored.clusterId,
  );
  sessionStorage.setItem(storageKey, JSON.stringify([stored, ...others]));
}

export function forgetCredential(orgId: string, clusterId: string): void {
  const others = storedCredentials().filter((stored) => stored.orgId !== orgId || stored.clusterId !== clusterId);
  sessionStorage.setItem(storageKey, JSON.stringify(others));
}
