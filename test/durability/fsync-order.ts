import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Asker, askUntilAnswered } from './asking.ts';
import { PlatformGroup } from './platform-group.ts';

/** What came out of watching the kernel: null when strace is not there, with the reason. */
export type FsyncOutcome =
  | { readonly answers: number; readonly anomalies: readonly string[] }
  | { readonly unavailable: string };

const topic = 'traced';

/** Every write and sync of the runtime, with the paths behind the descriptors. */
const strace = ['strace', '-f', '-y', '-s', '64', '-e', 'trace=fsync,fdatasync,pwrite64,write,writev,sendmsg,sendto'];

/**
 * SIGKILL leaves the kernel's page cache, so it cannot show that an ack survives a power loss. The order of system
 * calls can: between the last write to the partition's log and the answer there must be a finished sync of that file.
 */
export async function traceFsyncOrder(dataDir: string, appends: number): Promise<FsyncOutcome> {
  const probe = spawnSync('strace', ['-e', 'trace=none', 'true']);
  if (probe.error !== undefined) return { unavailable: 'strace is not installed' };
  if (probe.status !== 0) return { unavailable: `strace may not trace here: ${String(probe.stderr).trim()}` };
  const traceFile = join(dataDir, '..', 'strace.txt');
  await using platform = new PlatformGroup(dataDir, { command: [...strace, '-e', 'signal=none', '-o', traceFile] });
  await platform.start();
  const asker: Asker = { platform, log: { counts: { unanswered: 0 } } };
  const json = { 'content-type': 'application/json' };
  await askUntilAnswered(asker, '/v1/topics', { method: 'POST', headers: json, body: JSON.stringify({ name: topic }) });
  for (let append = 0; append < appends; append += 1) {
    const body = JSON.stringify({ records: [{ value: append }] });
    await askUntilAnswered(asker, `/v1/topics/${topic}/records`, { method: 'POST', headers: json, body });
  }
  await platform.kill();
  const outcome = checkFsyncOrder(readFileSync(traceFile, 'utf8'));
  if (outcome.answers < appends) {
    return { ...outcome, anomalies: [...outcome.anomalies, `only ${outcome.answers} of ${appends} answers were seen`] };
  }
  return outcome;
}

/**
 * Reads a trace of appends made one after another. An answer is sound when the partition's write-ahead log was written
 * since the answer before it, and a sync of it has returned since the last of these writes.
 */
export function checkFsyncOrder(trace: string): { readonly answers: number; readonly anomalies: readonly string[] } {
  const anomalies: string[] = [];
  let answers = 0;
  let state: 'unwritten' | 'written' | 'synced' = 'unwritten';
  for (const line of trace.split('\n')) {
    if (isLogWrite(line)) state = 'written';
    else if (isLogSync(line) && state === 'written') state = 'synced';
    else if (isAnswer(line)) {
      answers += 1;
      if (state !== 'synced') anomalies.push(`answer ${answers} left while its records were ${state}`);
      state = 'unwritten';
    }
  }
  return { answers, anomalies };
}

const partitionLog = /^\d+ +(\w+)\(\d+<[^>]*millrace-Partition\/[0-9a-f]{64}\.sqlite-wal>/;

const isLogWrite = (line: string): boolean => partitionLog.exec(line)?.[1] === 'pwrite64';

/** Only one that has returned counts: `fsync(... <unfinished ...>` has promised nothing yet. */
const isLogSync = (line: string): boolean =>
  /^f(data)?sync$/.test(partitionLog.exec(line)?.[1] ?? '') && line.endsWith(' = 0');

/** The answer to a produce request; the one to creating the topic has status 201. */
const isAnswer = (line: string): boolean => /^\d+ +(sendto|sendmsg|writev?)\(.*"HTTP\/1\.1 200 OK/.test(line);
