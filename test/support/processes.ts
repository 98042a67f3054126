import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';

/** The process and everything it started, by pid, as the kernel tells it (Linux). */
export function processTree(root: number): number[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  const tree = [root];
  for (const pid of tree) tree.push(...all.filter((child) => readStat(child)?.parent === pid));
  return tree;
}

/** A zombie, which only waits for its parent to notice, is not alive. */
export function isAlive(pid: number): boolean {
  const state = readStat(pid)?.state;
  return state !== undefined && state !== 'Z';
}

function readStat(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    // "pid (command) state ppid ...": the command may hold spaces and brackets, so the fields start after the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** Whether something accepts connections there. */
export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The local addresses on which these processes listen, as "a.b.c.d:port" (Linux, IPv4). */
export function listeningAddresses(pids: readonly number[]): string[] {
  const inodes = new Set<string>();
  for (const pid of pids) {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const target = readLink(`/proc/${pid}/fd/${descriptor}`);
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const LISTEN = '0A';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9]!))
    .map((fields) => {
      const [address, port] = fields[1]!.split(':') as [string, string];
      const bytes = Buffer.from(address, 'hex').reverse();
      return `${bytes.join('.')}:${Number.parseInt(port, 16)}`;
    });
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor was closed meanwhile.
    return '';
  }
}
