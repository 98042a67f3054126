import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** node:sqlite and type stripping as the tests use them; npm and npx find the right Node in node_modules/.bin by themselves. */
const OLDEST_NODE_MAJOR = 24;
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE_MAJOR) {
  throw new Error(
    `The tests need Node ${OLDEST_NODE_MAJOR}, this is ${process.version}: run them with "npm test" or "npx vitest".`,
  );
}

/** Starting a process, unpacking a browser or waiting for a real runtime takes seconds on a small machine. */
const END_TO_END_TIMEOUT_MS = 60_000;

/** Signs what the objects of a test hand to each other; a deployment's comes from `wrangler secret put`. */
const TEST_SECRET = '0'.repeat(64);

export default defineConfig({
  test: {
    reporters: process.env.MILLRACE_TEST_REPORT ? ['dot', 'json'] : ['dot'],
    outputFile: { json: process.env.MILLRACE_TEST_REPORT ?? 'vitest-report.json' },
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/workerd/**', 'test/e2e/**'],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { MILLRACE_SECRET: TEST_SECRET, MILLRACE_MODE: 'open' } },
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: END_TO_END_TIMEOUT_MS,
          hookTimeout: END_TO_END_TIMEOUT_MS,
          // Platforms and clients mostly wait for each other: two files at a time fill two cores, more only queue.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
