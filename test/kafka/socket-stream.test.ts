import { expect, test } from 'vitest';
import { SocketStream } from '../../src/kafka/connection/socket-stream.ts';

const mib = 1024 * 1024;

/** Two streams, each of which gets what the other sends. */
function pair() {
  const closed: [code: number, reason: string][] = [];
  const ends: SocketStream[] = [];
  const socketTo = (other: number) => ({
    send: (message: string | Uint8Array<ArrayBuffer>) =>
      ends[other]!.receive(typeof message === 'string' ? message : message.slice().buffer),
    close: (code: number, reason: string) => {
      closed.push([code, reason]);
      ends[other]!.gone();
    },
  });
  ends.push(new SocketStream(socketTo(1)), new SocketStream(socketTo(0)));
  return { left: ends[0]!, right: ends[1]!, closed };
}

async function readAll(stream: SocketStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

const noise = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7919) >> 5);

test('carries bytes both ways, each side ending for itself', async () => {
  const { left, right } = pair();
  const sent = noise(9 * mib + 17);
  const received = readAll(right);
  await left.write(sent);
  await left.end();
  expect(Buffer.from(sent).equals(await received)).toBe(true);
  await right.write(Uint8Array.of(1, 2, 3));
  await right.end();
  expect(await readAll(left)).toEqual(Uint8Array.of(1, 2, 3));
});

test('waits for a side that takes nothing, whatever is to be sent', async () => {
  const { left, right } = pair();
  let isSent = false;
  const sending = left.write(noise(12 * mib)).then(() => {
    isSent = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isSent).toBe(false);
  let taken = 0;
  while (taken < 12 * mib) taken += (await right.read())!.length;
  await sending;
  expect(isSent).toBe(true);
});

test('a side that goes away ends the reads of the other, and fails its writes', async () => {
  const { left, right, closed } = pair();
  const reading = right.read();
  left.destroy();
  expect(await reading).toBeNull();
  await expect(right.write(Uint8Array.of(1))).rejects.toThrow('gone');
  expect(closed).toEqual([[1000, 'over']]);
});

test.each<readonly [string, (stream: SocketStream) => void]>([
  ['says that more was taken than was sent', (stream) => stream.receive('taken 5')],
  ['says what is no message', (stream) => stream.receive('hello')],
  [
    'sends more than it may',
    (stream) => {
      for (let sent = 0; sent <= 4 * mib; sent += mib) stream.receive(new ArrayBuffer(mib));
    },
  ],
  [
    'sends after its end',
    (stream) => {
      stream.receive('end');
      stream.receive(new ArrayBuffer(1));
    },
  ],
])('drops a side that %s', (_, misbehave) => {
  const { left, closed } = pair();
  misbehave(left);
  expect(closed).toMatchObject([[1002, expect.any(String)]]);
});
