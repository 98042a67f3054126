import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

export type ListingFigures = { readonly items: number; readonly bytes: number; readonly sha256: string };

/** Writes items as JSON lines; the file is there whole, or not at all. */
export async function writeListing(path: string, items: AsyncIterable<object>): Promise<ListingFigures> {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.part`;
  const descriptor = openSync(draft, 'w');
  const hash = createHash('sha256');
  let count = 0;
  let bytes = 0;
  try {
    for await (const item of items) {
      const line = Buffer.from(`${JSON.stringify(item)}\n`);
      for (let at = 0; at < line.length; ) at += writeSync(descriptor, line, at);
      hash.update(line);
      bytes += line.length;
      count += 1;
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, path);
  return { items: count, bytes, sha256: hash.digest('hex') };
}

/** The items of such a file; a line that is not JSON comes as undefined. Rejects when the file cannot be read. */
export async function* readListing(path: string): AsyncGenerator<unknown, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) yield parse(line);
}

/** SHA-256 of a whole file, hex, read piece by piece. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
