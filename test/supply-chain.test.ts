import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

type Manifest = Readonly<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string> | undefined>
>;
type Locked = {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
};

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '..', name), 'utf8'));

const manifest = read('package.json') as Manifest;
const locked = Object.entries((read('package-lock.json') as { packages: Record<string, Locked> }).packages).filter(
  ([path, { link }]) => path !== '' && link !== true,
);

describe('packages', () => {
  test('are named by exact versions', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const named = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(named.filter(([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('are locked with what their bytes hash to, wherever they come from', () => {
    const loose = locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  test('run nothing when they are installed, but those that are known to', () => {
    const running = locked.flatMap(([path, { hasInstallScript }]) => (hasInstallScript === true ? [path] : []));
    // Tools of the tests and of the local platform; what runs in a deployment is hono, zod, snappyjs and lz4js.
    expect(running.map((path) => path.replace('node_modules/', ''))).toEqual([
      'esbuild',
      'lmdb',
      'msgpackr-extract',
      'workerd',
    ]);
  });
});
