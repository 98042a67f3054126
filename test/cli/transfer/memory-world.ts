import type { exportTopic } from '../../../src/cli/commands/topics-export.ts';
import { HttpDoor } from '../../../src/client/http-door.ts';
import { type Client, createClient } from '../../../src/client/index.ts';
import { localOrigin } from '../../support/checked-api.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Invocation = Parameters<typeof exportTopic>[0];

/** The commands against a platform in memory. */
export function world() {
  const platform = new MemoryPlatform();
  platform.nowMs = Date.now();
  const fetch: ConstructorParameters<typeof HttpDoor>[1] = (url, { method, headers, body }) =>
    platform.api.request(url.slice(localOrigin.length), { method, headers, ...(body && { body }) });
  const client = createClient({ url: localOrigin, fetch });
  const door = new HttpDoor(localOrigin, fetch);
  const terminal = { isInteractive: false, say: () => {}, warn: () => {}, progress: () => {} };
  const run = async (command: typeof exportTopic, ...argv: string[]): Promise<unknown> => {
    const lines: string[] = [];
    const output = { line: (text: string) => lines.push(text) };
    await command({ argv, client, door, output, terminal, json: true } as unknown as Invocation);
    return JSON.parse(lines[0]!);
  };
  return { client, run };
}

/** The values in partition 0 of a topic. */
export async function valuesOf(client: Client, topic: string): Promise<string[]> {
  const { records } = await client.read({ topic, partition: 0, offset: 'earliest' });
  return records.map((record) => record.text()!);
}
