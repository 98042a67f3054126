import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, startServer } from './child-process.ts';

/** The Workers the bench runs: the product itself, and entries around it that only the bench has. */
const entries = {
  platform: undefined,
  /** The product as it asks for credentials. */
  closed: undefined,
  /** The same Worker over a partition that stores nothing, and the plain routes that others are compared with. */
  baseline: join(import.meta.dirname, 'workers/baseline-worker.ts'),
  /** The same Worker and the product's own partition, whose rows are dropped before SQLite sees them. */
  unstored: join(import.meta.dirname, 'workers/unstored-worker.ts'),
  /** The product with its SQL statements counted. */
  metered: join(import.meta.dirname, 'workers/metered-worker.ts'),
} as const;

export type PlatformKind = keyof typeof entries;

export type RunningPlatform = ServerProcess & { readonly dataDirectory: string };

/** Starts one of them on an empty data directory under `directory`. */
export async function startPlatformProcess(kind: PlatformKind, directory: string): Promise<RunningPlatform> {
  const dataDirectory = join(directory, kind);
  mkdirSync(dataDirectory, { recursive: true });
  const script = join(import.meta.dirname, 'platform-process.ts');
  const entry = entries[kind];
  const mode = kind === 'closed' ? 'closed' : 'open';
  const command = [process.execPath, script, dataDirectory, mode, ...(entry === undefined ? [] : [entry])];
  const server = await startServer(
    command,
    /^ready http:\/\/[^:]+:(?<port>\d+)(?: as (?<credential>\S+) by (?<operatorKey>\S+))?$/m,
  );
  return { ...server, dataDirectory };
}
