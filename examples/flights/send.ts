import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Flight, readFlights } from './flight-file.ts';

const millrace = join(import.meta.dirname, '../../src/cli/bootstrap/millrace.mjs');

/** Lines go to the command in blocks of this many. */
const blockLines = 1_000;

/**
 * Sends the first `limit` flights with `millrace produce`, which reads them as lines of JSON from its standard input,
 * takes the key out of each, and shows its progress on stderr. Throws an Error unless all are acknowledged.
 */
export async function sendFlights(url: string, topic: string, limit: number): Promise<void> {
  const args = ['produce', topic, '--format', 'ndjson', '--key', '/origin', '--progress', '--url', url];
  const command = spawn(process.execPath, [millrace, ...args], { stdio: ['pipe', 'inherit', 'inherit'] });
  const exit = once(command, 'exit');
  // A command that gives up closes its standard input before it is empty; its exit code says more than that.
  const input = pipeline(Readable.from(blocks(readFlights(limit))), command.stdin).catch((cause: unknown) => cause);
  const [[code], inputProblem] = await Promise.all([exit, input]);
  if (code !== 0) throw new Error(`millrace produce ended with code ${code}`);
  if (inputProblem !== undefined) throw inputProblem;
}

async function* blocks(flights: AsyncIterable<Flight>): AsyncGenerator<string, void, undefined> {
  let block: string[] = [];
  for await (const { json } of flights) {
    block.push(json);
    if (block.length < blockLines) continue;
    yield `${block.join('\n')}\n`;
    block = [];
  }
  if (block.length > 0) yield `${block.join('\n')}\n`;
}
