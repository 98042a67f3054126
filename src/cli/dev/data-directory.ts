import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storageFolder } from './runtime-options.ts';
import { StartRefusal } from './start-refusal.ts';

const SECRET_BYTES = 32;
const SQLITE_BUSY = 5;

/** Who runs a platform on a data directory, for the message that refuses a second one. */
export type PlatformHolder = { readonly pid: number; readonly url?: string };

/** A data directory held by this process. */
export type DataDirectory = {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** Where the objects live. */
  readonly storagePath: string;
  /** For what may go at any restart; empty at the start. */
  readonly temporaryPath: string;
  /** 32 random bytes in hex, made once: it signs what objects hand to each other. */
  readonly secret: string;
  /** Says who holds the directory, and where it answers. */
  describe(holder: PlatformHolder): void;
  release(): void;
};

/**
 * Opens a data directory for one process alone, making it when it is new. Two runtimes over the same objects would
 * each believe their own log ends, so a second process is refused, with the first one's pid.
 */
export function openDataDirectory(directory: string): DataDirectory {
  const path = makeDirectory(directory);
  const lock = takeLock(path);
  try {
    return heldDirectory(path, lock);
  } catch (cause) {
    lock.close();
    throw cause;
  }
}

function heldDirectory(path: string, lock: DatabaseSync): DataDirectory {
  const holderFile = join(path, 'platform.json');
  const temporaryPath = join(path, 'tmp');
  const clearTemporary = (): void => rmSync(temporaryPath, { recursive: true, force: true });
  const describe = (holder: PlatformHolder): void => writeWhole(holderFile, `${JSON.stringify(holder)}\n`);
  clearTemporary();
  describe({ pid: process.pid });
  return {
    path,
    temporaryPath,
    storagePath: join(path, storageFolder),
    secret: readSecret(join(path, 'secret')),
    describe,
    release: () => {
      clearTemporary();
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

function makeDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return realpathSync(resolve(directory));
  } catch (cause) {
    throw new StartRefusal(`Cannot use ${directory} as the data directory: ${messageOf(cause)}.`);
  }
}

/**
 * SQLite's lock on a file is the operating system's: it goes with the process, however that ends, so that no stale
 * lock can ever stand in the way and no recycled pid can be taken for the holder.
 */
function takeLock(path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(join(path, 'lock'));
    try {
      // Nothing is ever written, so nothing needs a journal.
      lock.exec('PRAGMA journal_mode = OFF');
      lock.exec('PRAGMA locking_mode = EXCLUSIVE');
      lock.exec('BEGIN EXCLUSIVE');
      return lock;
    } catch (cause) {
      lock.close();
      throw cause;
    }
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) throw inUse(path);
    throw new StartRefusal(`Cannot lock the data directory ${path}: ${messageOf(cause)}.`);
  }
}

function inUse(path: string): StartRefusal {
  const holder = readHolder(join(path, 'platform.json'));
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  const where = holder?.url === undefined ? '' : ` and answers at ${holder.url}`;
  return new StartRefusal(
    `The data directory ${path} is in use: a platform runs on it as ${who}${where}. Stop that one, or choose another directory with --data.`,
  );
}

function readHolder(file: string): PlatformHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PlatformHolder;
  } catch {
    // The holder is just starting, or has just stopped.
    return undefined;
  }
}

function readSecret(file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length === SECRET_BYTES * 2) return secret;
    throw new StartRefusal(
      `The file ${file} is not the ${SECRET_BYTES * 2} hex digits that Millrace wrote there: restore it from a backup.`,
    );
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  writeWhole(file, `${secret}\n`);
  return secret;
}

/** Writes a file so that a reader, or a start after a crash, sees all of it or none. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  renameSync(draft, file);
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
