import { limits } from '../limits.ts';

/** Whole lines, as many as one read brought; the last line's end may be missing at the end of the input. */
export type LineBlock = {
  readonly bytes: Uint8Array;
  /** Number of its first line, from 1 on, over all of the input. */
  readonly firstLine: number;
};

/** No record can be longer, so a line that is longer is no line. */
const lineBytesMax = limits.messageBytes.max;

const newline = 0x0a;

/**
 * Cuts input into blocks of whole lines. Files end lines: the last line of one never runs into the next. `skip` lines
 * are left out at the beginning, counted all the same.
 */
export async function* readLineBlocks(
  sources: readonly AsyncIterable<Uint8Array>[],
  skip: number,
): AsyncGenerator<LineBlock, void, undefined> {
  let line = 1;
  for (const source of sources) {
    let carry: Uint8Array = new Uint8Array();
    for await (const chunk of source) {
      const end = chunk.lastIndexOf(newline) + 1;
      if (end === 0) {
        carry = joined(carry, chunk);
        if (carry.length > lineBytesMax) throw new LineTooLong(line);
        continue;
      }
      const block = skipLines(joined(carry, chunk.subarray(0, end)), line, skip);
      // A copy: the runtime may reuse what it read into, and a view would keep all of it.
      carry = chunk.slice(end);
      line = block.nextLine;
      if (block.bytes.length > 0) yield block;
    }
    const last = skipLines(carry, line, skip);
    line = last.nextLine;
    if (last.bytes.length > 0) yield last;
  }
}

type CountedBlock = LineBlock & { readonly nextLine: number };

function skipLines(bytes: Uint8Array, firstLine: number, skip: number): CountedBlock {
  let start = 0;
  let line = firstLine;
  while (line <= skip && start < bytes.length) {
    const end = bytes.indexOf(newline, start);
    start = end === -1 ? bytes.length : end + 1;
    line += 1;
  }
  const rest = bytes.subarray(start);
  return { bytes: rest, firstLine: line, nextLine: line + countLines(rest) };
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const end = bytes.indexOf(newline, at);
    at = end === -1 ? bytes.length : end + 1;
  }
  return count;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** A line that no record can be. It is thrown, since a reader of blocks has no other way to end in the midst. */
export class LineTooLong extends Error {
  constructor(line: number) {
    super(`line ${line} is longer than the ${lineBytesMax} bytes that a record can have.`);
  }
}
