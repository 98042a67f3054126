import { beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../../../src/api/openapi/operations.ts';
import { v2Authorizations, v3Authorizations } from '../../../src/api/rest-proxy/authorizations.ts';
import { ClosedWorld, callers, canary, refusedCallers } from './closed-world.ts';
import { matrix } from './matrix.ts';
import { type DoorRequest, doorRequests } from './requests.ts';

/** Who may see the canary, which stands in a record of the topic and begins with none of the token's prefixes. */
const readers: ReadonlySet<string> = new Set(['owner', 'admin', 'developer', 'viewer', 'consumer', 'readToken']);

/** `+` for let in; the letter of the code for refused, `!` where the REST Proxy's codes tell no more. */
function outcomeOf(status: number, body: string): string {
  if (status === 401) return '401';
  if (status !== 403) return '+';
  const { code, error_code: restCode } = JSON.parse(body) as { code?: string; error_code?: number };
  // Nobody may sign up here, whoever asks.
  if (code === 'SIGNUP_REFUSED') return '+';
  if (restCode === 40_301) return '!';
  const [, resource = ''] = /^([A-Z_]+)_AUTHORIZATION_FAILED$/.exec(code ?? '') ?? [];
  return { TOPIC: 'T', GROUP: 'G', CLUSTER: 'C', TRANSACTIONAL_ID: 'X' }[resource] ?? `403 ${code}`;
}

const authorizations: Readonly<Record<string, { readonly kind: string }>> = {
  ...Object.fromEntries(Object.entries(operations).map(([id, { authorization }]) => [id, authorization])),
  ...Object.fromEntries(Object.entries(v2Authorizations).map(([id, authorization]) => [`v2.${id}`, authorization])),
  ...Object.fromEntries(Object.entries(v3Authorizations).map(([id, authorization]) => [`v3.${id}`, authorization])),
};

/** What who has no valid credential is answered where none is needed, unless it is 200: here nobody may sign up. */
const publicStatus: Readonly<Record<string, number>> = { signUp: 403 };

describe('the authorization matrix', () => {
  const world = new ClosedWorld();

  beforeAll(() => world.start());

  const restore = ({ group, path }: DoorRequest) => world.restore(group, path.startsWith('/v1/share-groups'));

  test('has a row for every operation, and no others', () => {
    expect(Object.keys(matrix)).toEqual(doorRequests.map(({ id }) => id));
  });

  test.each(doorRequests)(
    '$id answers every caller as its row says, and shows records to readers only',
    async (request) => {
      const cells: string[] = [];
      for (const caller of callers) {
        await restore(request);
        const answer = await world.send(request, caller);
        const body = await answer.text();
        cells.push(cells.length < 2 ? String(answer.status) : outcomeOf(answer.status, body));
        if (!readers.has(caller)) expect(body, caller).not.toContain(canary);
        expect(body, caller).not.toMatch(/\n\s+at |\.ts:\d+/);
      }
      expect(cells.join(' ')).toBe((matrix[request.id] ?? '').split(/\s+/).join(' '));
    },
  );

  test.each(doorRequests)('$id costs no object anything for who has no valid credential', async (request) => {
    await restore(request);
    const isPublic = authorizations[request.id]?.kind === 'public';
    for (const caller of refusedCallers) {
      const { admissions } = world.platform;
      const answer = await world.send(request, caller);
      const body = await answer.text();
      expect([caller, answer.status]).toEqual([caller, isPublic ? (publicStatus[request.id] ?? 200) : 401]);
      expect(body).not.toContain(canary);
      if (isPublic) continue;
      expect(world.platform.admissions, 'no object was called').toBe(admissions);
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="millrace", Basic realm="millrace", charset="UTF-8"',
      );
      const refusal = JSON.parse(body) as { code?: string; error_code?: number };
      expect(refusal.code ?? refusal.error_code).toBe(request.id.includes('.') ? 40_101 : 'SASL_AUTHENTICATION_FAILED');
    }
  });
});
