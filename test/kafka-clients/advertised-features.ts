import { connect } from 'node:net';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import { decodeAnswer, encodeRequest } from '../support/kafka-client.ts';
import { type Feature, features } from './scenario-result.ts';

const apiVersions = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };

/** Asks a broker for its APIs: what is not listed there is not tried, as clients do not try it either. */
export async function advertisedFeatures(servers: string): Promise<Feature[]> {
  const [host, port] = servers.split(',')[0]!.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  const hello = { clientSoftwareName: 'compatibility-suite', clientSoftwareVersion: '1' };
  socket.write(encodeRequest(apiVersions, 0, 1, hello));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) break;
  }
  socket.destroy();
  const { body } = decodeAnswer(apiVersions, 0, received.subarray(4));
  const keys = new Set(body.apiKeys.map(({ apiKey }) => apiKey));
  return (Object.keys(features) as Feature[]).filter((feature) => keys.has(features[feature]));
}
