import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
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
  });
}

async function unpackedBrowser(): Promise<string> {
  const executable = join(browserDirectory, 'chromium');
  if (existsSync(executable)) return executable;
  // The package unpacks into the system's temporary directory and takes what it finds there for whole.
  mkdirSync(join(repository, 'node_modules/.cache'), { recursive: true });
  const scratch = mkdtempSync(join(repository, 'node_modules/.cache/chromium-'));
  const { TMPDIR: before } = process.env;
  process.env.TMPDIR = scratch;
  try {
    await chromium.executablePath();
    moveUnlessThere(scratch);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(scratch, { recursive: true, force: true });
  }
  return executable;
}

/** Two test files may unpack at the same time: the second finds what the first has put there. */
function moveUnlessThere(unpacked: string): void {
  try {
    renameSync(unpacked, browserDirectory);
  } catch (cause) {
    if (!existsSync(join(browserDirectory, 'chromium'))) throw cause;
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
