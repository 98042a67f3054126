import { DurableStreamTestServer } from '@durable-streams/server';

/** A process of its own, so that the peer has a core as the platform has: arguments are the port and its directory. */
const [port, dataDir] = process.argv.slice(2);
const server = new DurableStreamTestServer({ port: Number(port), host: '127.0.0.1', dataDir: dataDir ?? '' });
await server.start();
process.on('SIGTERM', () => {
  void server.stop().then(() => process.exit(0));
});
console.log(`ready ${port}`);
