import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { stopRequested } from '../dev/stop-signals.ts';
import { exitCode } from '../exit-code.ts';
import { pipeOverWebSocket } from '../kafka-proxy/socket-pipe.ts';

const defaultPort = 9092;
const maxPort = 65_535;

export const kafkaProxy: Command = {
  help: `Usage: millrace kafka-proxy --to URL [--port NUMBER]

Lets Kafka clients on this machine reach a platform that has no TCP port of its own: each of their connections to
127.0.0.1 goes to the platform over a WebSocket. Clients are told that the broker is here, so that they come back here.

A closed platform asks for an API key (--api-key). Whoever reaches this port then acts with that key, unless a client
says by SASL who it is: give the proxy a key of few rights where others use this machine.

Options:
  --to URL        the platform
  --port NUMBER   port to listen on, on 127.0.0.1; 0 takes any free one (default ${defaultPort})

Examples:
  millrace kafka-proxy --to http://127.0.0.1:8787
  kcat -b 127.0.0.1:9092 -L
  MILLRACE_API_KEY=mr_live_... millrace kafka-proxy --to https://millrace.example.com
`,
  async run({ argv, caller, output, terminal, json }) {
    const { values, positionals } = parseArguments(argv, { to: { type: 'string' }, port: { type: 'string' } });
    requirePositionals(positionals, []);
    const platform = platformUrl(values.to);
    const port = wholeNumber(values.port, '--port', 0) ?? defaultPort;
    if (port > maxPort) throw new UsageError(`--port takes a port up to ${maxPort}, not ${port}.`);
    const stop = stopRequested(process.env.MILLRACE_BIN !== undefined);
    const clients = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, noDelay: true }, async (client) => {
      clients.add(client);
      client.on('close', () => clients.delete(client));
      // A reset is the client's way to leave; the pipe notices it by itself.
      client.on('error', () => {});
      const door = `${platform}/kafka?advertised=${encodeURIComponent(here())}`;
      const failure = await pipeOverWebSocket(client, door, caller);
      if (failure !== null) terminal.warn(`A Kafka client was turned away: ${failure}.`);
    });
    const here = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.listen({ host: '127.0.0.1', port });
    await once(server, 'listening');
    if (json) output.line(JSON.stringify({ event: 'ready', kafka_bootstrap_servers: here(), to: values.to }));
    else output.line(`Kafka clients reach ${values.to} at ${here()}.`);
    await stop;
    server.close();
    for (const client of clients) client.destroy();
    return exitCode.ok;
  },
};

/** Where its WebSockets are, without a slash at its end. */
function platformUrl(to: string | undefined): string {
  if (to === undefined) throw new UsageError('say with --to where the platform is.');
  if (!URL.canParse(to) || !/^https?:$/.test(new URL(to).protocol)) {
    throw new UsageError(`--to takes the URL of a platform, not "${to}".`);
  }
  return to.replace(/^http/, 'ws').replace(/\/+$/, '');
}
