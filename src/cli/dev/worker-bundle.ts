import { build, stop } from 'esbuild';
import { StartRefusal } from './start-refusal.ts';

/**
 * Bundles the Worker into one ES module, as wrangler does for a deployment: the runtime's own modules stay imports,
 * packages are taken in their Worker builds. Refuses with esbuild's messages when the source does not bundle.
 */
export async function bundleWorker(entry: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2024',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker'],
      external: ['cloudflare:*', 'node:*'],
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
    });
    return outputFiles[0]!.text;
  } catch (cause) {
    throw new StartRefusal(`The Worker does not bundle: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    // esbuild keeps a child process for the next build; there is none.
    await stop();
  }
}
