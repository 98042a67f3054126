import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeDomain } from '../../src/topics/topic-config.ts';
import { topicConfigKeys } from '../../src/topics/topic-config-keys.ts';

const pagePath = fileURLToPath(new URL('../../docs/topic-configs.md', import.meta.url).href);

it('docs/topic-configs.md lists every config (WRITE_DOCS=1 writes it)', async () => {
  const page = renderPage();
  if (process.env.WRITE_DOCS === '1') await writeFile(pagePath, page);
  expect(await readFile(pagePath, 'utf8')).toBe(page);
});

function renderPage(): string {
  const rows = topicConfigKeys.map(
    ({ key, defaultValue, domain, description }) =>
      `| \`${key}\` | \`${defaultValue}\` | ${describeDomain(domain)} | ${description} |`,
  );
  return `# Topic configs

What a topic can be asked for, when it is created or altered. Names, meaning and defaults are those of Kafka 4, except for
\`millrace.*\`; a key that is not here is refused by name. docs/maintenance.md says what retention and compaction do with
theirs. The source is \`src/topics/topic-config-keys.ts\`; this page is written by
\`WRITE_DOCS=1 npx vitest run test/topics/topic-config-page.test.ts\`, and the same test fails when it is out of date.

| key | default | takes | |
|---|---|---|---|
${rows.join('\n')}
`;
}
