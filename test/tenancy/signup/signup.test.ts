import { describe, expect, test } from 'vitest';
import { SignupEdge, SignupMemory } from '../../../src/gateway/signup-edge.ts';
import { parseSignupMode } from '../../../src/limits/signup-mode.ts';
import { HmacSigner } from '../../../src/platform/cloudflare/hmac-signer.ts';
import { NodeSqlStore } from '../../../src/platform/memory/node-sql-store.ts';
import { DirectoryService } from '../../../src/tenancy/directory-service.ts';
import { signupSource } from '../../../src/tenancy/signup/signup-source.ts';
import { codeOf, expectOk } from '../organization-world.ts';

const dayMs = 24 * 60 * 60 * 1000;

class World {
  nowMs = 1_790_000_000_000;
  readonly sql = new NodeSqlStore();
  readonly directory = new DirectoryService(this.sql);
  readonly edge: SignupEdge;
  calls = 0;
  #ids = 0;

  constructor(mode: string | undefined) {
    this.edge = new SignupEdge({
      mode: parseSignupMode(mode),
      memory: new SignupMemory(),
      directory: () => {
        this.calls += 1;
        return this.directory;
      },
      newId: () => `id${this.#ids++}`,
      signer: new HmacSigner('a secret of the tests'),
      clock: { nowMs: () => this.nowMs },
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    });
  }

  signUp(invitation: string | null = null, host: string | null = '192.0.2.1') {
    return this.edge.admit({ name: 'Acme', invitation, host });
  }

  invite(lifetimeMs = dayMs): string {
    return expectOk(this.edge.invite(lifetimeMs)).invitation;
  }

  /** The organization enters itself, as it does once it was founded. */
  enter(orgId: string) {
    const entry = { orgId, name: 'Acme', state: 'ACTIVE', version: 1, createdAtMs: 0, clusterIds: [] } as const;
    return this.directory.enter(entry);
  }
}

describe('sign-up', () => {
  test('is closed unless the operator says otherwise, and nobody is asked then', async () => {
    const world = new World('closed');
    expect(codeOf(await world.signUp())).toBe('SIGNUP_REFUSED');
    expect(codeOf(await world.signUp(world.invite()))).toBe('SIGNUP_REFUSED');
    expect(world.calls).toBe(0);
    for (const text of [undefined, '']) expect(expectOk(parseSignupMode(text))).toBe('closed');
  });

  test('a mode that is none lets nobody in and says what is wrong', async () => {
    const refused = await new World('all').signUp();
    expect(refused.ok || refused.error.message).toMatch(/MILLRACE_SIGNUP is closed, invite, open, not "all"/);
  });

  test('by invitation: once, and again until the organization is there', async () => {
    const world = new World('invite');
    const invitation = world.invite();
    const first = expectOk(await world.signUp(invitation));
    expect(expectOk(await world.signUp(invitation, '192.0.2.2')), 'its answer was lost').toEqual(first);
    expectOk(await world.enter(first.orgId));
    expect(codeOf(await world.signUp(invitation))).toBe('SIGNUP_REFUSED');
    expectOk(await world.directory.leave(first.orgId));
    expect(codeOf(await world.signUp(invitation)), 'also when the organization is gone').toBe('SIGNUP_REFUSED');
    expect(expectOk(await world.signUp(world.invite())).orgId).not.toBe(first.orgId);
  });

  test('an invitation that was invented, changed, or is over costs no object call', async () => {
    const world = new World('invite');
    const good = world.invite();
    const [prefix, id, expires, ...signature] = good.split('_');
    const later = (Number.parseInt(expires!, 36) + 1).toString(36);
    const other = new World('invite');
    for (const bad of [
      '',
      'mri_',
      `${good}x`,
      [prefix, `${id!.slice(1)}a`, expires, ...signature].join('_'),
      [prefix, id, later, ...signature].join('_'),
    ]) {
      expect([bad, codeOf(await world.signUp(bad))]).toEqual([bad, 'SIGNUP_REFUSED']);
    }
    expect(codeOf(await world.signUp())).toBe('SIGNUP_REFUSED');
    world.nowMs += dayMs;
    expect(codeOf(await world.signUp(good))).toBe('SIGNUP_REFUSED');
    expect(world.calls).toBe(0);
    expect(codeOf(other.edge.invite(31 * dayMs))).toBe('INVALID_REQUEST');
  });

  test('open: three a day from an address, a hundred in all, and a refused address is remembered', async () => {
    const world = new World('open');
    for (let n = 0; n < 3; n += 1) expectOk(await world.signUp());
    const refused = await world.signUp();
    expect(refused).toMatchObject({
      error: { code: 'THROTTLING_QUOTA_EXCEEDED', detail: { retry_after_ms: dayMs } },
    });
    const { calls } = world;
    expect(codeOf(await world.signUp())).toBe('THROTTLING_QUOTA_EXCEEDED');
    expect(world.calls, 'the isolate knows').toBe(calls);
    expectOk(await world.signUp(world.invite()));
    for (let n = 3; n < 100; n += 1) expectOk(await world.signUp(null, `198.51.100.${n}`));
    expect(codeOf(await world.signUp(null, '203.0.113.1'))).toBe('THROTTLING_QUOTA_EXCEEDED');
    world.nowMs += dayMs;
    expectOk(await world.signUp());
  });

  test('an IPv6 network counts as one address, however its addresses are written', async () => {
    expect(signupSource(null)).toBe('');
    expect(signupSource('192.0.2.1')).toBe('192.0.2.1');
    expect(signupSource('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(signupSource('::1')).toBe('0:0:0:0::/64');
    for (const host of ['2001:db8:0:7::1', '2001:DB8::7:1:2:3:4', '2001:0db8:0000:0007:0:0:0:9', '2001:db8:0:7:8::']) {
      expect([host, signupSource(host)]).toEqual([host, '2001:db8:0:7::/64']);
    }
    const world = new World('open');
    for (let n = 0; n < 3; n += 1) expectOk(await world.signUp(null, `2001:db8::${n}`));
    expect(codeOf(await world.signUp(null, '2001:db8::ffff:ffff:ffff:ffff'))).toBe('THROTTLING_QUOTA_EXCEEDED');
    expectOk(await world.signUp(null, '2001:db8:0:1::'));
  });

  test('a name that is none uses nothing up', async () => {
    const world = new World('open');
    const refused = await world.edge.admit({ name: ' ', invitation: null, host: null });
    expect(codeOf(refused)).toBe('INVALID_REQUEST');
    expect(world.calls).toBe(0);
  });

  test('what is remembered of sign-ups goes when no invitation of their time is good any more', async () => {
    const world = new World('open');
    expectOk(await world.signUp());
    world.nowMs += 32 * dayMs;
    expectOk(await world.signUp());
    expect(world.sql.query('SELECT org_id FROM signup')).toHaveLength(1);
  });
});
