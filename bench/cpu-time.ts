import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's clock tick in /proc, which has been 100 a second on every Linux since 2.6. */
const tickMs = 10;
/** Where fields stand in /proc/PID/stat after the command's closing parenthesis: ppid, utime, stime. */
const statFields = { parent: 1, user: 11, system: 12 } as const;

/** CPU time that a process and its descendants have used, in ms; null where the system has no /proc. */
export function processTreeCpuMs(pid: number): number | null {
  const processes = readProcesses();
  if (processes === null) return null;
  const tree = new Set([pid]);
  let grown = 0;
  // A child may be listed before its parent, so the list is walked until a walk finds nobody new.
  while (grown !== tree.size) {
    grown = tree.size;
    for (const process of processes) if (tree.has(process.parent)) tree.add(process.pid);
  }
  return processes.filter((process) => tree.has(process.pid)).reduce((total, { cpuMs }) => total + cpuMs, 0);
}

type ProcessTimes = { readonly pid: number; readonly parent: number; readonly cpuMs: number };

function readProcesses(): ProcessTimes[] | null {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(Number(name)));
  } catch {
    return null;
  }
}

/** Empty when the process has ended meanwhile. */
function readProcess(pid: number): ProcessTimes[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[statFields.user]) + Number(fields[statFields.system]);
    return [{ pid, parent: Number(fields[statFields.parent]), cpuMs: ticks * tickMs }];
  } catch {
    return [];
  }
}
