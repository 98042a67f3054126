import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LoadMeter, type LoadResult, type LoadWindow } from './load-result.ts';

/** One blob a commit into a plain rowid table: what the disk and SQLite allow with nothing around them. */
export type RawSqliteLoad = LoadWindow & { readonly directory: string; readonly blobBytes: number };

/** Appends as fast as one thread can, WAL and `synchronous=FULL` as workerd runs it, into a file of its own. */
export function runRawSqlite(load: RawSqliteLoad): LoadResult {
  const directory = mkdtempSync(join(load.directory, 'raw-sqlite-'));
  const database = new DatabaseSync(join(directory, 'log.sqlite'));
  try {
    database.exec('PRAGMA journal_mode=WAL');
    database.exec('PRAGMA synchronous=FULL');
    database.exec('CREATE TABLE log (base_offset INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
    const insert = database.prepare('INSERT INTO log VALUES (?, ?)');
    const blob = Buffer.alloc(load.blobBytes, 0x61);
    const meter = new LoadMeter(load);
    let nowMs = performance.now();
    for (let offset = 0; nowMs < meter.endsAtMs; offset++) {
      const startedAtMs = nowMs;
      insert.run(offset, blob);
      nowMs = performance.now();
      meter.complete(startedAtMs, nowMs);
    }
    return meter.result();
  } finally {
    database.close();
    rmSync(directory, { recursive: true });
  }
}
