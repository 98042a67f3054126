import { failed } from '../errors/result.ts';
import { kafkaSubprotocol } from '../kafka/connection/socket-stream.ts';
import { problemAnswer } from './problem.ts';
import { type QueryParameter, readQuery } from './query.ts';
import type { ApiContext, Handler } from './services.ts';
import { checkHandshake, upgradeHeaders } from './v1/websocket.ts';

type Place = { readonly host: string; readonly port: number };

/** A name or address, IPv6 in brackets, and a port. */
const hostAndPort = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([a-zA-Z0-9._-]{1,253})):(\d{1,5})$/;

const maxPort = 65_535;

const advertised: QueryParameter<Place | null> = {
  parse: (given) => {
    const [, ipv6, name, port] = hostAndPort.exec(given) ?? [];
    const host = ipv6 ?? name;
    return host === undefined || Number(port) > maxPort ? undefined : { host, port: Number(port) };
  },
  allowed: 'host:port of the place that the Kafka client connected to',
  absent: null,
};

/** The 101 of the connection's object is returned as it is: the socket then never passes through the Worker. */
async function kafkaSocket(c: ApiContext): Promise<Response> {
  const handshake = checkHandshake(c.req.raw, kafkaSubprotocol);
  if (!handshake.ok) return problemAnswer(handshake.error, upgradeHeaders);
  const query = readQuery(c.req.url, { advertised });
  if (!query.ok) return problemAnswer(query.error);
  const place = query.value.advertised;
  if (place === null) return problemAnswer(failed('INVALID_REQUEST', 'Say with ?advertised=host:port.').error);
  const { principal, connections } = c.env;
  if (principal.kind === 'operator') {
    return problemAnswer(
      failed('CLUSTER_AUTHORIZATION_FAILED', "The operator's key is no organization's: there is no cluster to reach.")
        .error,
    );
  }
  const opened = await connections.open(c.req.raw, place, principal);
  return opened.ok ? opened.value : problemAnswer(opened.error);
}

export const kafkaHandlers = { kafkaSocket } as const satisfies Record<string, Handler>;
