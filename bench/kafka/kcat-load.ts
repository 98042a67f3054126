import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../rounds.ts';

export const recordBytes = 1_000;

/** Whether librdkafka's command is here. */
export const isKcatInstalled = (): boolean => spawnSync('kcat', ['-V']).status === 0;

/** A file of records for `kcat -P`, a line each, that do not compress. */
export function writeRecords(directory: string, count: number): string {
  const file = join(directory, `records-${count}`);
  const line = () =>
    `${randomBytes(Math.ceil(recordBytes / 2))
      .toString('hex')
      .slice(0, recordBytes - 1)}\n`;
  writeFileSync(file, Array.from({ length: count }, line).join(''));
  return file;
}

/** librdkafka's own batching, all records of the file, each acknowledged durably (acks=all, its default). */
export async function produceWithKcat(port: number, topic: string, file: string, records: number): Promise<Sample> {
  return timed(['-b', `127.0.0.1:${port}`, '-t', topic, '-P', '-l', file], records);
}

/** From the first record to the last. */
export async function consumeWithKcat(port: number, topic: string, records: number): Promise<Sample> {
  const args = ['-b', `127.0.0.1:${port}`, '-t', topic, '-C', '-o', 'beginning', '-e', '-q', '-c', String(records)];
  return timed(args, records);
}

/** The whole process counts, its start and its connections too. */
async function timed(args: readonly string[], records: number): Promise<Sample> {
  const startedAtMs = performance.now();
  const child = spawn('kcat', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`kcat ${args.join(' ')}: ${complaints}`);
  return { rate: (records * 1_000) / (performance.now() - startedAtMs) };
}
