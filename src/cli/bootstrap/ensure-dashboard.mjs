#!/usr/bin/env node
// Builds the dashboard unless what is in dashboard/dist was made of the sources that are here now. Runs after
// ensure-install.mjs, before the platform starts or is tested.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const stampFile = join(root, 'dashboard/dist/.millrace-built');

/** What the build is made of: the dashboard, what of the platform it shares, and the packages. */
const sources = [
  'dashboard/index.html',
  'dashboard/vite.config.ts',
  'dashboard/public',
  'dashboard/src',
  'src',
  'package-lock.json',
];

/** Every file of a source, in an order that does not depend on the file system. */
function filesOf(source) {
  const path = join(root, source);
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (cause) {
    if (cause.code === 'ENOTDIR') return [path];
    throw cause;
  }
}

function stampOfSources() {
  const hash = createHash('sha256');
  for (const file of sources.flatMap(filesOf)) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function readStamp() {
  try {
    return readFileSync(stampFile, 'utf8').trim();
  } catch {
    return '';
  }
}

const stamp = stampOfSources();
if (readStamp() !== stamp) {
  process.stderr.write('millrace: building the dashboard ...\n');
  const startedAt = Date.now();
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status, error } = spawnSync(process.execPath, [vite, 'build', join(root, 'dashboard')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    process.stderr.write(`millrace: the dashboard could not be built${error ? `: ${error.message}` : ''}\n`);
    process.exit(1);
  }
  writeFileSync(stampFile, `${stamp}\n`);
  process.stderr.write(`millrace: built the dashboard in ${Math.round((Date.now() - startedAt) / 1_000)} s\n`);
}
