import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditEntrySchema } from '../../../contracts/audit.ts';
import { AuditVerifier } from '../../../tenancy/audit-chain.ts';
import { UsageError } from '../../command.ts';
import type { Progress } from '../../output/progress.ts';
import { readCompleteManifest, sha256Hex } from '../export-manifest.ts';
import { recordsOf } from '../exported-records.ts';
import { fileSha256, readListing } from './listing-file.ts';
import {
  type ExportedListing,
  type ExportedTopic,
  type OrganizationManifest,
  organizationChecksumsName,
  organizationManifestName,
  readOrganizationManifest,
} from './organization-manifest.ts';

/** What is wrong, and with which file of the export. */
export type BadPiece = { readonly path: string; readonly reason: string };

export type Verified = { readonly manifest: OrganizationManifest; readonly bad: readonly BadPiece[] };

/**
 * Holds an export against its manifest: the SHA-256 of every file, the number of items of each listing and of records in
 * each file, and the chain of the audit log. Goes on behind what is bad, so that all of it is named. Throws a UsageError
 * where there is no export to look at.
 */
export async function verifyOrganization(directory: string, progress: Progress): Promise<Verified> {
  const manifest = readOrganizationManifest(directory);
  if (manifest === null) {
    throw new UsageError(`${directory} has no ${organizationManifestName}: it is not an organization's export.`);
  }
  const bad: BadPiece[] = [];
  const note = (path: string, reason: string | null): void => {
    if (reason !== null) bad.push({ path, reason });
  };
  note(organizationManifestName, checkManifest(directory, manifest));
  for (const listing of manifest.listings) {
    note(listing.path, await attempt(() => checkListing(directory, listing, manifest)));
    progress.add(listing.items, listing.bytes);
  }
  for (const topic of manifest.topics) {
    for (const found of await checkTopic(directory, topic, progress)) bad.push(found);
  }
  return { manifest, bad };
}

function checkManifest(
  directory: string,
  { clusters, topics, missing, listings }: OrganizationManifest,
): string | null {
  const begun = clusters.filter(({ isComplete }) => isComplete);
  if (begun.length === 0) return 'the export is not complete: run "millrace orgs export" again to go on with it';
  for (const { clusterId } of begun) {
    const listed = listings.find((one) => one.kind === 'topics' && one.clusterId === clusterId)?.items ?? 0;
    const there = [...topics, ...missing].filter((topic) => topic.clusterId === clusterId).length;
    if (there !== listed) return `it lists ${listed} topics of cluster ${clusterId}, and has ${there}`;
  }
  const sums = textOf(join(directory, organizationChecksumsName));
  const own = sha256Hex(readFileSync(join(directory, organizationManifestName)));
  if (sums === null) return `${organizationChecksumsName} is missing: the last run did not come to its end`;
  return sums.split('\n').includes(`${own}  ${organizationManifestName}`)
    ? null
    : `it is not the one that was exported: ${organizationChecksumsName} differs`;
}

async function checkListing(
  directory: string,
  { kind, path, items, sha256 }: ExportedListing,
  { auditHead }: OrganizationManifest,
): Promise<string | null> {
  const file = join(directory, path);
  if ((await fileSha256(file)) !== sha256) return 'it is damaged: its SHA-256 is not the one in the manifest';
  const chain = new AuditVerifier((bytes) => createHash('sha256').update(bytes).digest('hex'));
  let count = 0;
  for await (const item of readListing(file)) {
    count += 1;
    if (typeof item !== 'object') return `line ${count} is not a JSON object`;
    if (kind !== 'audit') continue;
    const entry = auditEntrySchema.safeParse(item);
    if (!entry.success) return `line ${count} is no entry of an audit log`;
    const broken = chain.check(entry.data);
    if (broken !== null) return `entry ${broken.sequence}: ${broken.reason}`;
  }
  if (count !== items) return `it has ${count} items, and the manifest says ${items}`;
  const isCut = kind === 'audit' && chain.last?.hash !== auditHead?.hash;
  return isCut ? 'it does not end with the entry that the manifest names as its head' : null;
}

async function checkTopic(directory: string, topic: ExportedTopic, progress: Progress): Promise<BadPiece[]> {
  const folder = join(directory, topic.path);
  const bad: BadPiece[] = [];
  let records = 0;
  const broken = await attempt(async () => {
    const { sha256, files, form } = readCompleteManifest(folder);
    if (sha256 !== topic.manifestSha256) return 'its manifest is not the one that was exported';
    for (const file of files) {
      const reason = await attempt(async () => {
        for (const _group of recordsOf(folder, form, file));
        return null;
      });
      if (reason !== null) bad.push({ path: `${topic.path}/${file.path}`, reason });
      progress.add(file.records, file.bytes);
      records += file.records;
    }
    return records === topic.records ? null : `it has ${records} records, and the manifest says ${topic.records}`;
  });
  return broken === null ? bad : [...bad, { path: topic.path, reason: broken }];
}

/** What a check finds, or what kept it from looking. */
async function attempt(check: () => Promise<string | null>): Promise<string | null> {
  try {
    return await check();
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
