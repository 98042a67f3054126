import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where the emulator keeps the objects of each class; their names are in wrangler.toml and stay for ever. */
export type ObjectClass = 'Cluster' | 'Partition' | 'Relay';

/** The database of every object of a class. Only while no platform runs on the directory. */
export function objectFiles(dataDir: string, objectClass: ObjectClass): string[] {
  const folder = join(dataDir, 'storage/do', `millrace-${objectClass}`);
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
    .map((name) => join(folder, name));
}

export function withDatabase<T>(path: string, use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

export const hasTable = (database: DatabaseSync, table: string): boolean =>
  database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined;

/**
 * The database of one partition, found without touching it: a database that was not closed is repaired when it is
 * opened, so a copy is looked into.
 */
export function partitionFile(dataDir: string, topic: string, partition: number): string {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-look-'));
  try {
    cpSync(join(dataDir, 'storage/do'), join(copy, 'storage/do'), { recursive: true });
    const found = objectFiles(copy, 'Partition').find((path) =>
      withDatabase(path, (database) => {
        if (!hasTable(database, 'partition')) return false;
        const row = database.prepare('SELECT topic, partition FROM partition').get();
        return row?.topic === topic && row.partition === partition;
      }),
    );
    if (found === undefined) throw new Error(`no object holds partition ${partition} of ${topic}`);
    return join(dataDir, relative(copy, found));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
