import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type ServerProcess, startServer } from '../child-process.ts';

/** `millrace dev` as a user starts it; `port` is its Kafka door's. */
export async function startPlatformDoor(directory: string): Promise<ServerProcess> {
  const dataDirectory = join(directory, 'kafka-door');
  mkdirSync(dataDirectory, { recursive: true });
  const program = join(import.meta.dirname, '../../src/cli/main.ts');
  const port = String(await freePort());
  const command = [process.execPath, program, 'dev', '--port', '0', '--kafka-port', port, '--data', dataDirectory];
  return startServer(command, /Kafka at 127\.0\.0\.1:(?<port>\d+)/);
}
