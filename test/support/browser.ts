import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import { type Browser, chromium as launcher } from 'playwright-core';

const repository = join(import.meta.dirname, '../..');

/** Unpacked here once for all runs: it goes with node_modules, as the package does that it comes from. */
const browserDirectory = join(repository, 'node_modules/.cache/millrace-chromium');

/**
 * A headless browser as users have it: its web security is on (the arguments that the package recommends for servers
 * turn it off). It knows the names of `hosts`, by address, and no other name: nothing leaves this machine.
 */
export async function launchBrowser(hosts: Readonly<Record<string, string>> = {}): Promise<Browser> {
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
  rules.push('MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE localhost');
  return launcher.launch({
    executablePath: await unpackedBrowser(),
    headless: true,
    // The sandbox refuses to work for root, and needs what containers do not allow.
    chromiumSandbox: false,
    args: [`--host-resolver-rules=${rules.join(',')}`, '--disable-background-networking', '--no-pings'],
    // In a container without a locale the browser says "en-US@posix", which is no language to its own Intl.
    env: { ...process.env, LC_ALL: 'en_US.UTF-8' },
  });
}

/** Unpacking takes seconds; who was killed in the midst of it leaves its mark behind. */
const unpackingMaxMs = 60_000;

/** Several test files may come at the same time: one unpacks, the others wait for it. */
async function unpackedBrowser(): Promise<string> {
  const executable = join(browserDirectory, 'chromium');
  const mark = `${browserDirectory}.unpacking`;
  mkdirSync(join(repository, 'node_modules/.cache'), { recursive: true });
  for (const sinceMs = performance.now(); !existsSync(executable); ) {
    if (isFirst(mark)) {
      try {
        await unpack();
      } finally {
        rmSync(mark, { recursive: true, force: true });
      }
    } else {
      if (performance.now() - sinceMs > unpackingMaxMs) rmSync(mark, { recursive: true, force: true });
      await pause(100);
    }
  }
  return executable;
}

function isFirst(mark: string): boolean {
  try {
    mkdirSync(mark);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

/** The package unpacks into the system's temporary directory and takes what it finds there for whole. */
async function unpack(): Promise<void> {
  const scratch = mkdtempSync(join(repository, 'node_modules/.cache/chromium-'));
  const { TMPDIR: before } = process.env;
  process.env.TMPDIR = scratch;
  try {
    await chromium.executablePath();
    if (!existsSync(browserDirectory)) renameSync(scratch, browserDirectory);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(scratch, { recursive: true, force: true });
  }
}

export type PageServer = { readonly port: number; [Symbol.asyncDispose](): Promise<void> };

/**
 * Serves one empty page, at every path and under every name, whose script is bundled for browsers from the fixture
 * `script` of test/fixtures/browser: an origin of its own, as any web server of a developer's is.
 */
export async function servePage(script: string): Promise<PageServer> {
  const bundle = await build({
    entryPoints: [join(repository, 'test/fixtures/browser', script)],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  const code = bundle.outputFiles[0]!.text.replaceAll('</script', '<\\/script');
  const page = `<!doctype html><meta charset="utf-8"><title>Test page</title><script>${code}</script>`;
  const server = createServer((_request, response) => {
    // No connection outlives the page: the next one may lead elsewhere.
    response.setHeader('connection', 'close').setHeader('content-type', 'text/html').end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
