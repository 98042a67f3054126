import { anyCredential } from './authorization.ts';
import type { Operation } from './operation.ts';

export const kafkaOperations = {
  kafkaSocket: {
    method: 'GET',
    path: '/kafka',
    authorization: anyCredential(
      'the connection speaks for the credential, or for whom its client proves to be by SASL; every request on it is asked for',
    ),
    tag: 'Platform',
    summary: "Open a WebSocket that carries Kafka's protocol (subprotocol millrace.kafka.v1)",
    description:
      'Binary messages are the bytes of one Kafka connection, as they would go over TCP; `millrace kafka-proxy` speaks it for Kafka clients. A closed platform opens none without a credential, since each is an object of its own.',
    parameters: [
      {
        name: 'advertised',
        in: 'query',
        description: 'Where the Kafka client connected to, as `host:port`: what it is told of as the broker.',
        required: true,
        schema: { type: 'string', maxLength: 261 },
        example: '127.0.0.1:9092',
      },
    ],
    answers: { 101: { description: 'The socket is open; docs/websocket.md has the messages.' } },
    errors: ['UPGRADE_REQUIRED', 'INVALID_REQUEST', 'CLUSTER_AUTHORIZATION_FAILED', 'LIMIT_REACHED'],
  },
} as const satisfies Record<string, Operation>;
