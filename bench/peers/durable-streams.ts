import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type ServerProcess, startServer } from '../child-process.ts';

/** The reference server of the Durable Streams protocol, storing in files: fdatasync an append, shared by concurrent ones. */
export async function startDurableStreams(directory: string): Promise<ServerProcess> {
  const dataDirectory = join(directory, 'durable-streams');
  mkdirSync(dataDirectory, { recursive: true });
  const port = await freePort();
  const script = join(import.meta.dirname, 'durable-streams-server.ts');
  return startServer([process.execPath, script, String(port), dataDirectory], /^ready (?<port>\d+)$/m);
}

/** Creates a stream of bytes and answers the path that appends to it. */
export async function createStream(port: number, name: string): Promise<string> {
  const path = `/v1/stream/${name}`;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (!answer.ok) throw new Error(`durable-streams refused a stream: ${answer.status} ${await answer.text()}`);
  return path;
}
