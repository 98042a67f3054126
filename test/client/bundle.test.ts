import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the client is made of what every runtime has: no package and no built-in module', async () => {
  const { metafile, warnings } = await build({
    entryPoints: [join(import.meta.dirname, '../../src/client/index.ts')],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    metafile: true,
    write: false,
  });
  expect(warnings).toEqual([]);
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((path) => !/(^|\/)src\//.test(path) || path.includes('node_modules'))).toEqual([]);
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(outside).toEqual([]);
});
