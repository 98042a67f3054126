import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { apiVersionsRequest } from '../../src/kafka/messages/api-versions.ts';
import { ByteWriter } from '../../src/kafka/wire/byte-writer.ts';
import { processTreeResidentBytes } from '../cpu-time.ts';

/** Connections that were opened, said hello as clients do, and say nothing more. */
export async function growthOfIdleConnections(port: number, pid: number, count: number): Promise<number> {
  const hello = helloFrame();
  // The first ones bring what any connection needs once.
  const first = await open(port, hello);
  await delay(settleMs);
  const beforeBytes = processTreeResidentBytes(pid);
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += openedAtOnce) {
    sockets.push(...(await Promise.all(Array.from({ length: openedAtOnce }, () => open(port, hello)))));
  }
  await delay(settleMs);
  const grownBytes = processTreeResidentBytes(pid) - beforeBytes;
  for (const socket of [first, ...sockets]) socket.destroy();
  return grownBytes;
}

const openedAtOnce = 50;
/** What is only needed to open connections may be collected before memory is looked at. */
const settleMs = 2_000;

async function open(port: number, hello: Uint8Array): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(hello);
  await once(socket, 'data');
  return socket;
}

function helloFrame(): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(18);
  writer.int16(0);
  writer.int32(1);
  writer.string('int16', 'idle');
  apiVersionsRequest.write(writer, 0, { clientSoftwareName: 'idle', clientSoftwareVersion: '1' });
  const body = Buffer.concat(writer.finish());
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  frame.set(body, 4);
  return frame;
}
