#!/usr/bin/env node
// Brings node_modules to what package-lock.json says, and does nothing when it is there already. Runs before anything
// is installed, so it is plain JavaScript for Node 20 without a single package. `--runtime` installs what running
// needs and leaves the tools of the tests out; without it everything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRESS_EVERY_MS = 1_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const stampFile = join(root, 'node_modules/.millrace-installed');
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');

/** What the stamp holds after an install in this mode; another machine's node_modules has another one. */
function stampOf(mode) {
  return createHash('sha256').update(`${lock}\n${process.platform}\n${process.arch}\n${mode}`).digest('hex');
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

/** An install by hand leaves no stamp; npm's own record says whether it put everything there. */
function isInstalledByHand(mode) {
  const { packages: installed = {} } = JSON.parse(readOr(join(root, 'node_modules/.package-lock.json'), '{}'));
  return Object.entries(JSON.parse(lock).packages).every(([path, wanted]) => {
    if (path === '' || wanted.optional) return true;
    if (mode === 'runtime' && (wanted.dev || wanted.devOptional)) return true;
    return installed[path]?.version === wanted.version;
  });
}

/** Shows that something happens: a line that counts on a terminal, one line elsewhere. Returns how to end it. */
function showProgress(text) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1_000);
  if (!process.stderr.isTTY) {
    process.stderr.write(`millrace: ${text} ...\n`);
    return () => process.stderr.write(`millrace: installed in ${seconds()} s\n`);
  }
  const show = () => process.stderr.write(`\rmillrace: ${text} ... ${seconds()} s`);
  show();
  const timer = setInterval(show, PROGRESS_EVERY_MS);
  return () => {
    clearInterval(timer);
    process.stderr.write(`\rmillrace: installed in ${seconds()} s${' '.repeat(text.length)}\n`);
  };
}

/** Runs `npm ci` and resolves with its exit code and what it printed. */
function installPackages(mode) {
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(mode === 'runtime' ? ['--omit=dev'] : [])];
  const npm = process.env.npm_execpath;
  // npm names itself to the scripts it runs; by hand it is looked up.
  const [program, args] = npm ? [process.execPath, [npm, ...options]] : ['npm', options];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => child.kill(signal));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('error', (cause) => resolve({ code: 1, output: `cannot run npm: ${cause.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

async function ensureInstalled(mode) {
  const stamp = readOr(stampFile, '').trim();
  if (stamp === stampOf('full') || stamp === stampOf(mode)) return 0;
  if (isInstalledByHand(mode)) {
    writeFileSync(stampFile, `${stampOf(isInstalledByHand('full') ? 'full' : mode)}\n`);
    return 0;
  }
  // The stamp goes first and comes last, so that an install cut short is done again.
  rmSync(stampFile, { force: true });
  const what = mode === 'runtime' ? 'installing what running needs' : 'installing packages and tools';
  const endProgress = showProgress(what);
  const { code, output } = await installPackages(mode);
  if (code !== 0) {
    process.stderr.write(`\n${output}millrace: npm ci failed with code ${code}; nothing was started.\n`);
    return code;
  }
  writeFileSync(stampFile, `${stampOf(mode)}\n`);
  endProgress();
  return 0;
}

process.exit(await ensureInstalled(process.argv.includes('--runtime') ? 'runtime' : 'full'));
