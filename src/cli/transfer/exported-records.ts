import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../client/millrace-error.ts';
import { prepareRecord } from '../../client/producer-record.ts';
import { decompress } from '../../log/compression.ts';
import { type CompressionType, compressionTypes } from '../../log/compression-type.ts';
import { decodeBatches, type NewRecord } from '../../log/record.ts';
import { batchAttribute, batchField, frameBatch, readBatchHeader } from '../../log/record-batch.ts';
import { readInt16 } from '../../log/varint.ts';
import { readRecordObject } from '../../record-files/record-object.ts';
import { UsageError } from '../command.ts';
import { type ExportedFile, type ExportForm, sha256Hex } from './export-manifest.ts';

/** Some of a partition's records, in order, and how they were compressed. */
export type RecordGroup = { readonly records: readonly NewRecord[]; readonly compression: CompressionType };

/** Lines that are decoded together. */
const linesPerGroup = 1_000;

const newline = 0x0a;

/**
 * The records of one exported file, in order. The file's checksum is compared before the first of them is handed out;
 * a file that is damaged, or holds another number of records than its manifest says, is refused.
 */
export function* recordsOf(directory: string, form: ExportForm, file: ExportedFile): Generator<RecordGroup> {
  const path = join(directory, file.path);
  const bytes = readExportedFile(directory, file);
  let records = 0;
  for (const group of form === 'batches' ? groupsOfBatches(bytes, file) : groupsOfLines(bytes, path)) {
    records += group.records.length;
    yield group;
  }
  if (records !== file.records) {
    throw new UsageError(`${path} has ${records} records, and its manifest says ${file.records}.`);
  }
}

function* groupsOfBatches(bytes: Uint8Array, { from, to }: Pick<ExportedFile, 'from' | 'to'>): Generator<RecordGroup> {
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const framed = frameBatch(bytes, at, index);
    if (!framed.ok) throw new MillraceError(framed.error);
    const { isControl } = readBatchHeader(bytes, at);
    const compression =
      compressionTypes[readInt16(bytes, at + batchField.attributes) & batchAttribute.compressionMask]!;
    const records: NewRecord[] = [];
    const decoded = decodeBatches(bytes.subarray(at, at + framed.value), decompress, (record) => {
      if (record.offset >= from && record.offset < to) records.push(record);
      return true;
    });
    if (!decoded.ok) throw new MillraceError(decoded.error);
    if (!isControl && records.length > 0) yield { records, compression };
    at += framed.value;
  }
}

function* groupsOfLines(bytes: Uint8Array, path: string): Generator<RecordGroup> {
  let records: NewRecord[] = [];
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(newline, start);
    const read = readRecordObject(bytes.subarray(start, end === -1 ? bytes.length : end));
    if (typeof read === 'string') throw new UsageError(`${path}, line ${line}: ${read}`);
    records.push(prepareRecord(read, Date.now()).record);
    if (records.length === linesPerGroup) {
      yield { records, compression: 'none' };
      records = [];
    }
    start = end === -1 ? bytes.length : end + 1;
  }
  if (records.length > 0) yield { records, compression: 'none' };
}

/** The bytes of one exported file; throws a UsageError unless they are those of its checksum. */
export function readExportedFile(directory: string, file: ExportedFile): Uint8Array {
  const path = join(directory, file.path);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    throw new UsageError(`${path} cannot be read: ${(thrown as Error).message}`);
  }
  if (sha256Hex(bytes) !== file.sha256) {
    throw new UsageError(`${path} is damaged: its SHA-256 is not the one in the manifest.`);
  }
  return bytes;
}
