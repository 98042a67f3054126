#!/usr/bin/env node
// The bin. The sources are TypeScript that Node runs as it is, from 22.18 on; whoever starts this may have an older
// one, so it is plain JavaScript for Node 20, and hands over to the Node that the package brings along.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = [22, 18];

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const main = join(root, 'src/cli/main.ts');
const ownNode = join(root, 'node_modules/.bin/node');

function runsTypeScript() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** Runs the command in a process of the other Node, as if it were this one: same arguments, signals and exit. */
function handOver(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, MILLRACE_BIN: String(process.pid) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (cause) => {
    process.stderr.write(`millrace: cannot run ${node}: ${cause.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (!existsSync(join(root, 'node_modules'))) {
  process.stderr.write(`millrace: nothing is installed yet: run "npm ci" in ${root} first.\n`);
  process.exit(1);
}
if (existsSync(ownNode) && realpathSync(ownNode) !== realpathSync(process.execPath)) {
  handOver(ownNode);
} else if (runsTypeScript()) {
  await import(pathToFileURL(main).href);
} else {
  process.stderr.write(`millrace: needs Node ${OLDEST_NODE.join('.')} or newer, this is ${process.version}.\n`);
  process.exit(1);
}
