import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExportedFile, ExportForm } from './export-manifest.ts';

/** A file that is not complete when a run is killed is read again. */
export const fileBytesDefault = 64 * 1024 * 1024;

/** An import holds whole files in memory. */
export const fileBytesMax = 512 * 1024 * 1024;

/** Digits of an offset in a file's name, so that names sort as offsets do. */
const offsetDigits = 20;

/** Digits of a partition: a topic has a thousand at most. */
const partitionDigits = 4;

const extensions: Readonly<Record<ExportForm, string>> = { batches: 'batches', ndjson: 'ndjson' };

/** A file of an export while it is written; nobody sees it before it is whole and on disk. */
export class ExportFile {
  readonly #directory: string;
  readonly #partition: number;
  readonly #path: string;
  readonly #from: number;
  readonly #descriptor: number;
  readonly #hash: Hash = createHash('sha256');
  #to: number;
  #records = 0;
  #bytes = 0;

  constructor(directory: string, form: ExportForm, partition: number, from: number) {
    this.#directory = directory;
    this.#partition = partition;
    this.#from = from;
    this.#to = from;
    const folder = `partition-${String(partition).padStart(partitionDigits, '0')}`;
    this.#path = `${folder}/${String(from).padStart(offsetDigits, '0')}.${extensions[form]}`;
    mkdirSync(dirname(join(directory, this.#path)), { recursive: true });
    this.#descriptor = openSync(this.#draft, 'w');
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `to` is the offset after the last record of `content`. */
  write(content: Uint8Array, records: number, to: number): void {
    for (let at = 0; at < content.length; ) at += writeSync(this.#descriptor, content, at);
    this.#hash.update(content);
    this.#bytes += content.length;
    this.#records += records;
    this.#to = to;
  }

  /** Puts the file in its place for good. */
  finish(): ExportedFile {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    renameSync(this.#draft, join(this.#directory, this.#path));
    return {
      partition: this.#partition,
      path: this.#path,
      from: this.#from,
      to: this.#to,
      records: this.#records,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
    };
  }

  /** Leaves the draft behind, as a crash would; the next run overwrites it. */
  abandon(): void {
    closeSync(this.#descriptor);
  }

  get #draft(): string {
    return `${join(this.#directory, this.#path)}.part`;
  }
}
