import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { StartRefusal } from './start-refusal.ts';

/** Marks a runtime process with the data directory it serves, so that an orphan is known without any file. */
export const dataDirectoryVariable = 'MILLRACE_DATA_DIRECTORY';

/** A killed process is gone within milliseconds unless the disk hangs; longer than this is reported. */
const REAP_DEADLINE_MS = 5_000;
const REAP_POLL_MS = 10;

/**
 * The runtime processes that serve this data directory, found by their command line and environment. Whoever holds
 * the directory's lock and finds one that it did not start has found an orphan: its launcher was killed.
 */
export function findRuntimes(dataDirectory: string): number[] {
  return process.platform === 'linux' ? findInProc(dataDirectory) : findWithPs(dataDirectory);
}

function findInProc(dataDirectory: string): number[] {
  const mark = `${dataDirectoryVariable}=${dataDirectory}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        if (!isRuntimeCommand(command)) return false;
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        // It ended meanwhile, or belongs to another user and so is not ours.
        return false;
      }
    })
    .map(Number);
}

function isRuntimeCommand([program = '', ...options]: string[]): boolean {
  return program.endsWith('workerd') && options[0] === 'serve';
}

/** Systems without /proc: `ps e` prints the environment behind the command. */
function findWithPs(dataDirectory: string): number[] {
  const listing = execFileSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return listing
    .split('\n')
    .filter((line) => / serve /.test(line) && line.includes('workerd'))
    .filter((line) => `${line} `.includes(` ${dataDirectoryVariable}=${dataDirectory} `))
    .map((line) => Number.parseInt(line, 10));
}

/** Ends the orphans of this data directory and waits until they are gone. Returns how many there were. */
export async function reapOrphans(dataDirectory: string): Promise<number> {
  const orphans = findRuntimes(dataDirectory);
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone by itself.
    }
  }
  const deadline = Date.now() + REAP_DEADLINE_MS;
  while (orphans.some(isRunning)) {
    if (Date.now() > deadline) {
      throw new StartRefusal(
        `A runtime left over from a killed platform (process ${orphans.join(', ')}) does not end: ` +
          'end it by hand and start again.',
      );
    }
    await delay(REAP_POLL_MS);
  }
  return orphans.length;
}

/** Whether a process still holds its sockets and files; one that ends loses its command line before it lets go of them. */
function isRunning(pid: number): boolean {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The state stands behind the program's name, which is in brackets and may hold anything.
      return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
