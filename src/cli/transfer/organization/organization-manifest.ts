import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainHead } from '../../../tenancy/audit-chain.ts';
import { UsageError } from '../../command.ts';
import { readCompleteManifest, sha256Hex, writeWhole } from '../export-manifest.ts';
import { readJsonFile } from '../json-file.ts';
import type { ListingKind } from './organization-listings.ts';

/** A file of JSON lines, an item each in the fields of the API. */
export type ExportedListing = {
  readonly kind: ListingKind;
  /** Null for what is the whole organization's. */
  readonly clusterId: string | null;
  /** From the export's directory, with forward slashes. */
  readonly path: string;
  readonly items: number;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
};

/** A topic whose records are all there, in a directory that is an export of its own. */
export type ExportedTopic = {
  readonly clusterId: string;
  readonly topic: string;
  readonly path: string;
  readonly files: number;
  readonly records: number;
  readonly bytes: number;
  /** Ranges of offsets that were deleted before they could be read. */
  readonly gaps: number;
  /** Of the topic's own manifest, hex. */
  readonly manifestSha256: string;
};

export type ExportedCluster = { readonly clusterId: string; readonly name: string; readonly isComplete: boolean };

/** What an export of an organization has so far, written anew after each piece: what it does not name is no part of it. */
export type OrganizationManifest = {
  readonly format: 'millrace-organization-export';
  readonly version: 1;
  readonly organizationId: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Those that the organization had when the export began. */
  readonly clusters: readonly ExportedCluster[];
  readonly listings: readonly ExportedListing[];
  readonly topics: readonly ExportedTopic[];
  /** Topics that were listed, and deleted before they could be read. */
  readonly missing: readonly { readonly clusterId: string; readonly topic: string }[];
  /** The last entry of the audit log that is in it; null of an empty log. */
  readonly auditHead: ChainHead | null;
  /** Every cluster is in it. */
  readonly isComplete: boolean;
};

export const organizationManifestName = 'manifest.json';

/** As `sha256sum` writes and checks it: the manifest and every file of the export. */
export const organizationChecksumsName = 'SHA256SUMS';

/** Null when there is none yet; throws a UsageError for what is something else. */
export function readOrganizationManifest(directory: string): OrganizationManifest | null {
  const path = join(directory, organizationManifestName);
  const manifest = readJsonFile(path) as OrganizationManifest | null | undefined;
  if (manifest === null) return null;
  if (manifest?.format !== 'millrace-organization-export') {
    throw new UsageError(`${path} is not the manifest of an organization's export.`);
  }
  if (manifest.version !== 1) {
    throw new UsageError(`${path} has version ${manifest.version}, which this version of Millrace does not know.`);
  }
  return manifest;
}

export function writeOrganizationManifest(directory: string, manifest: OrganizationManifest): void {
  writeWhole(join(directory, organizationManifestName), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Ends a run: from here on `sha256sum -c SHA256SUMS` proves that nothing that was exported is damaged. */
export function writeOrganizationChecksums(directory: string, { listings, topics }: OrganizationManifest): void {
  const manifest = sha256Hex(readFileSync(join(directory, organizationManifestName)));
  const lines = [
    `${manifest}  ${organizationManifestName}`,
    ...listings.map(({ sha256, path }) => `${sha256}  ${path}`),
    ...topics.flatMap(({ path, manifestSha256 }) => [
      `${manifestSha256}  ${path}/manifest.json`,
      ...readCompleteManifest(join(directory, path)).files.map((file) => `${file.sha256}  ${path}/${file.path}`),
    ]),
  ];
  writeWhole(join(directory, organizationChecksumsName), `${lines.join('\n')}\n`);
}

/** The sum of a figure over all topics. */
export function totalOf(manifest: OrganizationManifest, of: 'files' | 'records' | 'bytes' | 'gaps'): number {
  return manifest.topics.reduce((sum, topic) => sum + topic[of], 0);
}
