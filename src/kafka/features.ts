/**
 * What clients choose their protocol by, beyond the versions of APIs (KIP-584): the levels of each feature that there
 * are. The highest one is in force.
 */
const features = [
  // 1 is KIP-848: the server assigns partitions to members of groups.
  { name: 'group.version', minVersion: 0, maxVersion: 1 },
  // 2 is KIP-890: an epoch for each transaction, and partitions that are added by being written to.
  { name: 'transaction.version', minVersion: 0, maxVersion: 2 },
  // 1 is KIP-932: share groups.
  { name: 'share.version', minVersion: 0, maxVersion: 1 },
] as const;

/** Earlier clients take the level 0 for an error (KIP-1022), so they are not told of features that have it. */
const zeroFrom = 4;

/** As ApiVersions of this version answers them. */
export function supportedFeatures(version: number) {
  return features.filter(({ minVersion }) => minVersion > 0 || version >= zeroFrom);
}

export function finalizedFeatures() {
  return features.map(({ name, maxVersion }) => ({ name, maxVersionLevel: maxVersion, minVersionLevel: maxVersion }));
}
