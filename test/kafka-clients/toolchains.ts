import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
/** What is built and installed for the suite; git does not see it, and it is made again when it is not there. */
const cache = join(here, '../../node_modules/.cache/millrace-kafka-clients');

/** A client that this machine cannot run: it counts as not available, never as passed. */
export class NotAvailable extends Error {}

/** A registry that does not answer must not use up the time of the other clients. */
const installPatienceMs = 240_000;

/** Runs a step of an installation; what it printed is shown only when it fails. */
function run(command: string, args: readonly string[], directory = here): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: installPatienceMs,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => reject(new NotAvailable(`${command}: ${error.message}`)));
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new NotAvailable(`${command} ${args.join(' ')} failed: ${output.trim().slice(-600)}`));
    });
  });
}

const answers = (command: string, ...args: string[]): SpawnSyncReturns<Buffer> => spawnSync(command, args);
const has = (command: string, ...args: string[]): boolean => answers(command, ...args).status === 0;

/** Debian's kcat. */
export async function requireKcat(): Promise<void> {
  if (has('kcat', '-V')) return;
  if (!has('apt-get', '--version'))
    throw new NotAvailable("kcat is not here: brew install kcat, or your system's own way");
  await run('apt-get', ['install', '-y', '-qq', 'kcat']).catch(async () => {
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['install', '-y', '-qq', 'kcat']);
  });
}

/** The Python of an environment that holds what python/requirements.txt lists. */
export async function pythonEnvironment(): Promise<string> {
  if (!has('python3', '--version')) throw new NotAvailable('python3 is not here');
  const requirements = join(here, 'python/requirements.txt');
  const environment = join(cache, `python-${digestOf([requirements])}`);
  const python = join(environment, 'bin/python');
  await once(environment, async () => {
    await run('python3', ['-m', 'venv', environment]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  });
  return python;
}

/** The folder of the programs that go/ holds, built. */
export async function goPrograms(): Promise<string> {
  if (!has('go', 'version')) throw new NotAvailable('go is not here');
  const directory = join(here, 'go');
  const programs = join(cache, `go-${digestOf(filesOf(directory))}`);
  await once(programs, () => run('go', ['build', '-o', `${programs}/`, './...'], directory));
  return programs;
}

/** The class path of the programs that java/ holds, compiled, and of what they need. */
export async function javaClassPath(): Promise<string> {
  if (!has('javac', '-version')) throw new NotAvailable('a JDK is not here');
  if (!has('mvn', '-version')) throw new NotAvailable('Maven is not here');
  const directory = join(here, 'java');
  const target = join(cache, `java-${digestOf(filesOf(directory))}`);
  const libraries = join(target, 'lib');
  await once(target, () =>
    run(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        `-Dmillrace.target=${target}`,
        'compile',
        'dependency:copy-dependencies',
        `-DoutputDirectory=${libraries}`,
      ],
      directory,
    ),
  );
  return `${join(target, 'classes')}:${libraries}/*`;
}

const making = new Map<string, Promise<void>>();

/** Makes a folder of the cache unless it is there whole, and once for all who ask: its stamp is written last. */
function once(folder: string, make: () => Promise<void>): Promise<void> {
  const made = making.get(folder) ?? makeWhole(folder, make);
  making.set(folder, made);
  return made;
}

async function makeWhole(folder: string, make: () => Promise<void>): Promise<void> {
  const stamp = join(folder, '.complete');
  if (existsSync(stamp)) return;
  mkdirSync(folder, { recursive: true });
  await make();
  writeFileSync(stamp, '');
}

const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Names what was built after what it was built from. */
function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}
