import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { expect, test } from 'vitest';
import { compatibilityDate } from '../../src/cli/dev/runtime-options.ts';
import { startPlatformProcess } from '../support/platform.ts';

test('the client runs in a Worker', async () => {
  await using platform = await startPlatformProcess();
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../fixtures/client-worker/worker.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
  });
  const options = convertV4MiniflareOptions({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate,
    cf: false,
    logRequests: false,
  });
  const worker = new Miniflare({ ...options, telemetry: { enabled: false } });
  try {
    const response = await worker.dispatchFetch(`http://worker/?platform=${encodeURIComponent(platform.url)}`);
    expect(await response.text()).toBe('{"json":500,"binary":500}');
  } finally {
    await worker.dispose();
  }
});
