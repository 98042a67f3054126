import { createReadStream } from 'node:fs';
import { type LineBlock, LineTooLong, readLineBlocks } from '../../record-files/line-blocks.ts';
import { UsageError } from '../command.ts';

/** A read of this size makes a batch for several partitions. */
const readBytes = 256 * 1024;

/** The lines of the named files, but for the first `skip`; a line that no record can be is a wrong input. */
export async function* readSources(
  paths: readonly string[],
  stdin: AsyncIterable<Uint8Array>,
  skip: number,
): AsyncGenerator<LineBlock, void, undefined> {
  try {
    yield* readLineBlocks(openSources(paths, stdin), skip);
  } catch (thrown) {
    throw thrown instanceof LineTooLong ? new UsageError(thrown.message) : thrown;
  }
}

/** The named files one after the other; `-`, or none at all, is standard input. */
export function openSources(paths: readonly string[], stdin: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>[] {
  return (paths.length === 0 ? ['-'] : paths).map((path) => (path === '-' ? stdin : openFile(path)));
}

async function* openFile(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* createReadStream(path, { highWaterMark: readBytes });
  } catch (thrown) {
    throw new UsageError(`cannot read ${path}: ${(thrown as Error).message}`);
  }
}
