import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const repository = join(import.meta.dirname, '../..');

export type KafkaProxy = {
  /** `host:port`. */
  readonly servers: string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
};

/** Runs `millrace kafka-proxy` as a process of its own, on any free port, and waits until it listens. */
export async function startKafkaProxy(to: string, apiKey = ''): Promise<KafkaProxy> {
  const args = [join(repository, 'src/cli/main.ts'), 'kafka-proxy', '--to', to, '--port', '0', '--json'];
  const child = spawn(process.execPath, args, {
    cwd: repository,
    env: { ...process.env, MILLRACE_API_KEY: apiKey },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { kafka_bootstrap_servers: servers } = JSON.parse(line) as { kafka_bootstrap_servers: string };
    return {
      servers,
      stop: async () => {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
        return child.exitCode;
      },
    };
  }
  throw new Error('millrace kafka-proxy did not start');
}
