import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kafkaApis } from '../../src/kafka/apis.ts';

/** Rows of docs/kafka-clients.md that name APIs and, in the same order, their versions. */
function documentedVersions(): Map<string, string> {
  const text = readFileSync(join(import.meta.dirname, '../../docs/kafka-clients.md'), 'utf8');
  const documented = new Map<string, string>();
  for (const [, names, versions] of text.matchAll(
    /^\| ([A-Z]\w+(?:, [A-Z]\w+)*) \| (\d+(?: to \d+)?(?:, \d+(?: to \d+)?)*) \|/gm,
  )) {
    const each = versions!.split(', ');
    for (const [index, name] of names!.split(', ').entries()) documented.set(name, each[index] ?? each.at(-1)!);
  }
  return documented;
}

test('the guide to Kafka clients lists every API that is advertised, and its versions', () => {
  const spoken = [...kafkaApis.values()].map(({ name, versions: { min, max } }) => [
    name,
    min === max ? `${min}` : `${min} to ${max}`,
  ]);
  expect(Object.fromEntries(documentedVersions())).toEqual(Object.fromEntries(spoken));
});
