import { randomInt } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { exitCodes, StartRefusal } from './start-refusal.ts';

/** The names of this machine that the doors answer to, and the address each is bound as. */
const loopbackAddresses: Readonly<Record<string, string>> = {
  '127.0.0.1': '127.0.0.1',
  localhost: '127.0.0.1',
  '::1': '::1',
};

/** Open mode asks nobody who they are, so it serves this machine only. Returns the address to bind. */
export function loopbackAddress(host: string): string {
  const address = Object.hasOwn(loopbackAddresses, host) ? loopbackAddresses[host] : undefined;
  if (address !== undefined) return address;
  throw new StartRefusal(
    `Open mode has no credentials, so it serves loopback addresses only, not ${JSON.stringify(host)}: ` +
      'use 127.0.0.1, ::1 or localhost.',
    exitCodes.usage,
  );
}

/**
 * An address for the emulator's internal ports. They have no use for anyone else but cannot be closed, so where the
 * system gives all of 127.0.0.0/8 they take a random address that a web page in the user's browser cannot guess.
 */
export function internalAddress(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}

/** A runtime that was killed a moment ago lets go of its port within this time. */
const PORT_PATIENCE_MS = 1_000;
const PORT_POLL_MS = 20;

/**
 * Refuses when the port is held, after a moment's patience, naming the option that chooses another: the runtime would
 * fail too, but later and with a message about the runtime.
 */
export async function requireFreePort(host: string, port: number, option = '--port'): Promise<void> {
  if (port === 0) return;
  const deadline = Date.now() + PORT_PATIENCE_MS;
  for (;;) {
    const failure = await tryListen(host, port);
    if (failure === undefined) return;
    if (failure.code !== 'EADDRINUSE') {
      throw new StartRefusal(`Cannot listen on ${host} port ${port}: ${failure.message}.`);
    }
    if (Date.now() > deadline) throw portInUse(host, port, option);
    await delay(PORT_POLL_MS);
  }
}

/** A port that nobody holds at this moment. */
export async function findFreePort(host: string): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host, port: 0 }, resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function tryListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const probe = createServer();
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => resolve(undefined));
  });
  if (failure === undefined) await new Promise((resolve) => probe.close(resolve));
  return failure;
}

export function portInUse(host: string, port: number, option = '--port'): StartRefusal {
  return new StartRefusal(
    `Port ${port} on ${host} is in use: stop the program that holds it, or choose another port with ${option}.`,
  );
}
