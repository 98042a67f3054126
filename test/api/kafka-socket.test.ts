import { expect, test } from 'vitest';
import { kafkaHandlers } from '../../src/api/kafka-socket.ts';
import type { ApiContext } from '../../src/api/services.ts';
import { anonymousPrincipal, type Principal } from '../../src/authorization/principal.ts';

const anyone = anonymousPrincipal({ orgId: 'local', clusterId: 'local' });

/** What the door was asked to open, or why it was not. */
async function ask(query: string, principal: Principal = anyone, headers: Record<string, string> = {}) {
  const opened: unknown[] = [];
  const upgrade = { upgrade: 'websocket', 'sec-websocket-protocol': 'millrace.kafka.v1', ...headers };
  const context = {
    req: { raw: { headers: new Headers(upgrade) }, url: `http://127.0.0.1/kafka${query}` },
    env: {
      principal,
      connections: {
        open: async (_: Request, broker: unknown) => {
          opened.push(broker);
          return new Response();
        },
      },
    },
  };
  const answer = await kafkaHandlers.kafkaSocket(context as unknown as ApiContext);
  const { code } = opened.length > 0 ? { code: null } : ((await answer.json()) as { code: string });
  return opened[0] ?? code;
}

test('tells the connection where its client came to', async () => {
  expect(await ask('?advertised=127.0.0.1:9092')).toEqual({ host: '127.0.0.1', port: 9092 });
  expect(await ask('?advertised=kafka.example-1.com:1')).toEqual({ host: 'kafka.example-1.com', port: 1 });
  expect(await ask('?advertised=[::1]:9092')).toEqual({ host: '::1', port: 9092 });
});

test.each(['', '?advertised=', '?advertised=host', '?advertised=a:70000', '?advertised=a%0Ab:1', '?other=1'])(
  'refuses %j',
  async (query) => {
    expect(await ask(query)).toBe('INVALID_REQUEST');
  },
);

test('opens for who has a credential of a cluster, not for the operator, and not without an upgrade', async () => {
  const withKey = { ...anyone, kind: 'key' as const, id: 'User:key' };
  expect(await ask('?advertised=a:1', withKey)).toEqual({ host: 'a', port: 1 });
  const operator = { ...anyone, kind: 'operator' as const, id: 'User:operator' };
  expect(await ask('?advertised=a:1', operator)).toBe('CLUSTER_AUTHORIZATION_FAILED');
  expect(await ask('?advertised=a:1', anyone, { upgrade: 'h2c' })).toBe('UPGRADE_REQUIRED');
});
