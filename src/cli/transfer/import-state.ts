import { UsageError } from '../command.ts';
import { writeWhole } from './export-manifest.ts';
import { readJsonFile } from './json-file.ts';

/** How far one partition of an import has come. */
export type ImportedPartition = {
  /** Records of the export that were acknowledged: also the producer's next sequence. */
  readonly records: number;
  /** Where the target's log ended then: later batches of this import lie at or after it. */
  readonly targetOffset: number;
};

/** What a later run needs to go on exactly where this one stopped. */
export type ImportState = {
  readonly format: 'millrace-import';
  readonly version: 1;
  /** Of the export's manifest. */
  readonly manifestSha256: string;
  readonly topic: string;
  readonly topicId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: Readonly<Record<number, ImportedPartition>>;
  readonly isComplete: boolean;
};

/** Null when there is none; throws a UsageError when the file is of another import. */
export function readImportState(
  path: string,
  expected: Pick<ImportState, 'manifestSha256' | 'topicId'>,
): ImportState | null {
  const state = readJsonFile(path) as ImportState | null | undefined;
  if (state === null) return null;
  if (state?.format !== 'millrace-import' || state.version !== 1) {
    throw new UsageError(`${path} is not the state of an import.`);
  }
  if (state.manifestSha256 !== expected.manifestSha256 || state.topicId !== expected.topicId) {
    throw new UsageError(
      `${path} is the state of an import of another export, or into another topic than "${state.topic}" is now: remove it to begin anew, or name another with --state.`,
    );
  }
  return state;
}

export function writeImportState(path: string, state: ImportState): void {
  writeWhole(path, `${JSON.stringify(state)}\n`);
}
