import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpDoor } from '../../../client/http-door.ts';
import { type Client, MillraceError, type Topic } from '../../../client/index.ts';
import type { TopicJson } from '../../../contracts/topics.ts';
import type { AuditEntry } from '../../../tenancy/audit-chain.ts';
import { UsageError } from '../../command.ts';
import type { Progress } from '../../output/progress.ts';
import { readCompleteManifest, readManifest } from '../export-manifest.ts';
import { beginExport } from '../export-start.ts';
import { Exporter } from '../exporter.ts';
import { readListing, writeListing } from './listing-file.ts';
import {
  auditListing,
  clusterListings,
  type Listing,
  type ListingKind,
  organizationListings,
} from './organization-listings.ts';
import {
  type ExportedListing,
  type OrganizationManifest,
  writeOrganizationChecksums,
  writeOrganizationManifest,
} from './organization-manifest.ts';
import { topicFolders } from './topic-folders.ts';

export type OrganizationExporterOptions = {
  readonly client: Client;
  readonly door: HttpDoor;
  readonly directory: string;
  /** A file of records is closed when it has this much. */
  readonly fileBytes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Told of each topic that is done. */
  readonly say: (line: string) => void;
};

/**
 * Writes the organization, and the cluster of the credential, into a directory. Each piece is named in the manifest once
 * it is whole: a run that is killed is gone on with, and one with a credential of another cluster adds that cluster.
 */
export class OrganizationExporter {
  manifest: OrganizationManifest;
  readonly #options: OrganizationExporterOptions;

  constructor(manifest: OrganizationManifest, options: OrganizationExporterOptions) {
    this.manifest = manifest;
    this.#options = options;
  }

  async run(clusterId: string): Promise<void> {
    const { directory } = this.#options;
    mkdirSync(directory, { recursive: true });
    this.#change({});
    for (const listing of organizationListings) await this.#list(listing, null);
    for (const listing of clusterListings) await this.#list(listing, clusterId);
    await this.#topics(clusterId);
    await this.#audit();
    const clusters = this.manifest.clusters.map((cluster) =>
      cluster.clusterId === clusterId ? { ...cluster, isComplete: true } : cluster,
    );
    this.#change({ clusters, isComplete: clusters.every(({ isComplete }) => isComplete) });
    writeOrganizationChecksums(directory, this.manifest);
  }

  /** Reads a listing once: what the manifest has already stays as it is. */
  async #list(listing: Listing & { readonly kind: ListingKind }, clusterId: string | null): Promise<ExportedListing> {
    const { directory, door, signal } = this.#options;
    const { kind } = listing;
    const known = this.manifest.listings.find((one) => one.kind === kind && one.clusterId === clusterId);
    if (known !== undefined) return known;
    const path = `${clusterId === null ? '' : `${folderOf(clusterId)}/`}${kind}.ndjson`;
    const figures = await writeListing(join(directory, path), listing.read(door, signal));
    const exported = { kind, clusterId, path, ...figures };
    this.#change({ listings: [...this.manifest.listings, exported] });
    return exported;
  }

  /** The end of the audit log goes into the manifest, so that a verifier notices when entries are cut off. */
  async #audit(): Promise<void> {
    const { path } = await this.#list(auditListing, null);
    let auditHead: OrganizationManifest['auditHead'] = null;
    for await (const entry of readListing(join(this.#options.directory, path))) {
      const { sequence, hash } = entry as AuditEntry;
      auditHead = { sequence, hash };
    }
    this.#change({ auditHead });
  }

  async #topics(clusterId: string): Promise<void> {
    const { directory, say } = this.#options;
    const { path } = await this.#list(clusterListings.find(({ kind }) => kind === 'topics')!, clusterId);
    const topics: TopicJson[] = [];
    for await (const topic of readListing(join(directory, path))) topics.push(topic as TopicJson);
    const folders = topicFolders(topics);
    for (const [index, { name, topic_id }] of topics.entries()) {
      const isOf = (one: { clusterId: string; topic: string }) => one.clusterId === clusterId && one.topic === name;
      if (this.manifest.topics.some(isOf) || this.manifest.missing.some(isOf)) continue;
      const topicPath = `${folderOf(clusterId)}/topics/${folders[index]}`;
      if (await this.#topic(name, topic_id, join(directory, topicPath))) {
        this.#addTopic(clusterId, name, topicPath);
        say(`${index + 1} of ${topics.length} topics: "${name}"`);
      } else {
        this.#change({ missing: [...this.manifest.missing, { clusterId, topic: name }] });
        say(`${index + 1} of ${topics.length} topics: "${name}" was deleted before it could be exported`);
      }
    }
  }

  /** False when the topic is not there any more. */
  async #topic(name: string, topicId: string, directory: string): Promise<boolean> {
    const { door, fileBytes, progress, signal } = this.#options;
    const earlier = readManifest(directory);
    if (earlier !== null && earlier.topicId !== topicId) {
      throw new UsageError(`${directory} has an export of another topic: choose another directory.`);
    }
    if (earlier?.isComplete) return true;
    try {
      const topic = await this.#describe(name, topicId);
      if (topic === null) return false;
      const manifest = earlier ?? (await beginExport(door, topic, { form: 'batches', chosen: [] }, signal));
      await new Exporter(manifest, { door, directory, fileBytes, progress, signal }).run();
      return true;
    } catch (thrown) {
      // Deleted while its records were read.
      if (isUnknownTopic(thrown) && (await this.#describe(name, topicId)) === null) return false;
      throw thrown;
    }
  }

  async #describe(name: string, topicId: string): Promise<Topic | null> {
    try {
      const topic = await this.#options.client.topics.describe(name);
      return topic.topicId === topicId ? topic : null;
    } catch (thrown) {
      if (isUnknownTopic(thrown)) return null;
      throw thrown;
    }
  }

  #addTopic(clusterId: string, topic: string, path: string): void {
    const { files, gaps, sha256 } = readCompleteManifest(join(this.#options.directory, path));
    const sum = (of: 'records' | 'bytes') => files.reduce((total, file) => total + file[of], 0);
    const figures = { files: files.length, records: sum('records'), bytes: sum('bytes'), gaps: gaps.length };
    const exported = { clusterId, topic, path, ...figures, manifestSha256: sha256 };
    this.#change({ topics: [...this.manifest.topics, exported] });
  }

  #change(changed: Partial<OrganizationManifest>): void {
    this.manifest = { ...this.manifest, ...changed };
    writeOrganizationManifest(this.#options.directory, this.manifest);
  }
}

const folderOf = (clusterId: string): string => `clusters/${clusterId}`;

const isUnknownTopic = (thrown: unknown): boolean =>
  thrown instanceof MillraceError && thrown.code === 'UNKNOWN_TOPIC_OR_PARTITION';
