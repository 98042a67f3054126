import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../command.ts';
import { readJsonFile } from './json-file.ts';

/** How the records of an export are written: batches as they are stored, or a record object a line. */
export const exportForms = ['batches', 'ndjson'] as const;

export type ExportForm = (typeof exportForms)[number];

/** One file: whole batches or lines of one partition, in offset order. */
export type ExportedFile = {
  readonly partition: number;
  /** From the export's directory, with forward slashes. */
  readonly path: string;
  /** Offsets covered: `from` inclusive, `to` exclusive. Its batches may hold others, which do not count. */
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
};

/** What of a partition belongs to the export; fixed when it began, so that going on with it ends at the same place. */
export type ExportedPartition = { readonly partition: number; readonly from: number; readonly end: number };

/** The list of an export's files, written anew after each of them: what it does not name is not part of the export. */
export type ExportManifest = {
  readonly format: 'millrace-export';
  readonly version: 1;
  readonly form: ExportForm;
  readonly topic: string;
  readonly topicId: string;
  readonly partitionCount: number;
  /** The topic's own config, under Kafka's names. */
  readonly config: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly partitions: readonly ExportedPartition[];
  readonly files: readonly ExportedFile[];
  /** Offsets that were deleted before they could be read. */
  readonly gaps: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
  readonly isComplete: boolean;
};

const manifestName = 'manifest.json';

/** As `sha256sum` writes and checks it: the manifest and every file it names. */
const checksumsName = 'SHA256SUMS';

/** Null when there is none yet. */
export function readManifest(directory: string): ExportManifest | null {
  const path = join(directory, manifestName);
  const manifest = readJsonFile(path) as ExportManifest | null | undefined;
  if (manifest === null) return null;
  if (manifest?.format !== 'millrace-export') throw new UsageError(`${path} is not the manifest of an export.`);
  if (manifest.version !== 1) {
    throw new UsageError(`${path} has version ${manifest.version}, which this version of Millrace does not know.`);
  }
  return manifest;
}

export function writeManifest(directory: string, manifest: ExportManifest): void {
  writeWhole(join(directory, manifestName), textOf(manifest));
}

/** Ends an export: from here on `sha256sum -c SHA256SUMS` proves that nothing of it is damaged. */
export function writeChecksums(directory: string, manifest: ExportManifest): void {
  const lines = [
    `${sha256Hex(textOf(manifest))}  ${manifestName}`,
    ...manifest.files.map(({ sha256, path }) => `${sha256}  ${path}`),
  ];
  writeWhole(join(directory, checksumsName), `${lines.join('\n')}\n`);
}

/** The manifest of a complete export, held against its checksum; throws a UsageError for anything else. */
export function readCompleteManifest(directory: string): ExportManifest & { readonly sha256: string } {
  const manifest = readManifest(directory);
  if (manifest === null) throw new UsageError(`${directory} has no ${manifestName}: it is not an export.`);
  if (!manifest.isComplete) {
    throw new UsageError(
      `the export in ${directory} is not complete: run "millrace topics export" again to go on with it.`,
    );
  }
  const sha256 = sha256Hex(readFileSync(join(directory, manifestName)));
  const checksums = readFileSync(join(directory, checksumsName), 'utf8');
  if (!checksums.split('\n').includes(`${sha256}  ${manifestName}`)) {
    throw new UsageError(
      `${join(directory, manifestName)} is not the one that was exported: ${checksumsName} differs.`,
    );
  }
  return { ...manifest, sha256 };
}

export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Writes a file so that a reader, or the next run after a crash, sees all of it or what was there before. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.part`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, path);
}

const textOf = (manifest: ExportManifest): string => `${JSON.stringify(manifest, null, 1)}\n`;
