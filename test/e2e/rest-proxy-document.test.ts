import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatformProcess } from '../support/platform.ts';
import { bashOptions, printedPattern, shellBlocks } from '../support/shell-blocks.ts';

const blocks = shellBlocks(join(import.meta.dirname, '../../docs/rest-proxy.md'));

test('what docs/rest-proxy.md shows works as it is written, and prints what is written', async () => {
  await using platform = await startPlatformProcess();
  expect(blocks.length).toBeGreaterThan(5);
  for (const { script, printed } of blocks) {
    // The port is any free one, since a developer may run a platform of their own meanwhile.
    const here = script.replaceAll('http://127.0.0.1:8082', platform.restProxyUrl);
    const { status, stdout, stderr } = spawnSync('bash', [...bashOptions, here.replaceAll('curl ', 'curl -s ')], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect([script, status, stderr]).toEqual([script, 0, '']);
    const shown = stdout.replaceAll(platform.restProxyUrl, 'http://127.0.0.1:8082').trimEnd();
    if (!printedPattern((printed ?? '').trimEnd()).test(shown)) expect(shown).toBe(printed);
  }
});
