import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

const startTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
/** Of a child's output, what is kept to explain why it did not start. */
const keptOutputCharacters = 4_000;

/** A server the bench started; disposing of it ends it and waits until it is gone. */
export type ServerProcess = AsyncDisposable & {
  readonly port: number;
  readonly pid: number;
  /** What its requests are sent with; null when it asks for nothing. */
  readonly credential: string | null;
  /** The key of a closed platform's operator; null for what has none. */
  readonly operatorKey: string | null;
};

/**
 * Starts a command and waits until its output matches `ready`, which names the port it listens on, and the credential that
 * opens it if it is closed; it is killed when that does not come.
 */
export async function startServer(command: readonly string[], ready: RegExp): Promise<ServerProcess> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const matched = await outputMatches(child, ready, command.join(' '));
    const { port, credential = null, operatorKey = null } = matched.groups ?? {};
    return { port: Number(port), pid: child.pid!, credential, operatorKey, [Symbol.asyncDispose]: () => stop(child) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function outputMatches(child: ChildProcess, ready: RegExp, what: string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`${what}: ${why}\n${output}`));
    const timer = setTimeout(() => fail(`not ready after ${startTimeoutMs} ms`), startTimeoutMs);
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-keptOutputCharacters);
      const matched = ready.exec(output);
      if (matched === null) return;
      clearTimeout(timer);
      resolve(matched);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}

/** A port that nothing listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('the system gave no port'));
      });
    });
  });
}
