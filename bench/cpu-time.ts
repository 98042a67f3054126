import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's clock tick in /proc, which has been 100 a second on every Linux since 2.6. */
const tickMs = 10;
/** Where fields stand in /proc/PID/stat after the command's closing parenthesis: ppid, utime, stime, rss. */
const statFields = { parent: 1, user: 11, system: 12, residentPages: 21 } as const;
/** Of x86-64 and, as most systems are built, arm64. */
const pageBytes = 4_096;

/** CPU time that a process and its descendants have used, in ms; null where the system has no /proc. */
export function processTreeCpuMs(pid: number): number | null {
  return processTree(pid)?.reduce((total, { cpuMs }) => total + cpuMs, 0) ?? null;
}

/** Memory that a process and its descendants hold; not a number where the system has no /proc. */
export function processTreeResidentBytes(pid: number): number {
  const tree = processTree(pid);
  return tree === null ? Number.NaN : tree.reduce((total, { residentBytes }) => total + residentBytes, 0);
}

function processTree(pid: number): ProcessFigures[] | null {
  const processes = readProcesses();
  if (processes === null) return null;
  const tree = new Set([pid]);
  let grown = 0;
  // A child may be listed before its parent, so the list is walked until a walk finds nobody new.
  while (grown !== tree.size) {
    grown = tree.size;
    for (const process of processes) if (tree.has(process.parent)) tree.add(process.pid);
  }
  return processes.filter((process) => tree.has(process.pid));
}

type ProcessFigures = {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
};

function readProcesses(): ProcessFigures[] | null {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(Number(name)));
  } catch {
    return null;
  }
}

/** Empty when the process has ended meanwhile. */
function readProcess(pid: number): ProcessFigures[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[statFields.user]) + Number(fields[statFields.system]);
    const residentBytes = Number(fields[statFields.residentPages]) * pageBytes;
    return [{ pid, parent: Number(fields[statFields.parent]), cpuMs: ticks * tickMs, residentBytes }];
  } catch {
    return [];
  }
}
