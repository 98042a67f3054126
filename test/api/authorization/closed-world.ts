import { assert } from '../../../src/errors/assert.ts';
import { ClosedPlatform, type Tenant } from '../../support/closed-platform.ts';
import { expectOk } from '../../tenancy/organization-world.ts';
import { type DoorRequest, subjectKey } from './requests.ts';

/** Stands in keys, values and names of the first organization, and must stand in no answer to anyone else. */
export const canary = 'CANARY-OF-ACME';

/** Who asks, in the order of the columns. */
export const callers = [
  'owner',
  'other',
  'admin',
  'developer',
  'viewer',
  'producer',
  'consumer',
  'describer',
  'wrong',
  'readToken',
  'writeToken',
  'keyToken',
  'denied',
] as const;

export type Caller = (typeof callers)[number];

/** What opens nothing, whoever it may have been. */
export const refusedCallers = [
  'nobody',
  'garbage',
  'forged',
  'revoked',
  'expired',
  'rotated',
  'usedTicket',
  'cookieAlone',
  'otherCluster',
  'otherOrigin',
  'crossSite',
  'forgedCookie',
  'expiredSession',
  'revokedSession',
] as const;

export type RefusedCaller = (typeof refusedCallers)[number];

/** Two organizations that know nothing of each other, and a credential of every kind. */
export class ClosedWorld {
  readonly platform = new ClosedPlatform();
  readonly credentials = new Map<Caller | RefusedCaller, string | null>();
  /** What callers show besides, or in the place of a credential: cookies, and what browsers say of pages. */
  readonly shown = new Map<Caller | RefusedCaller, Readonly<Record<string, string>>>();
  acme!: Tenant;
  umbrella!: Tenant;

  async start(): Promise<void> {
    const { platform, credentials } = this;
    this.acme = await platform.found('acme');
    this.umbrella = await platform.found('umbrella');
    const { acme } = this;
    const app = ['consume:group:app*', 'describe:group:app*'];
    const key = (...scopes: string[]) => platform.key(acme, scopes);
    credentials.set('owner', acme.ownerKey);
    credentials.set('other', this.umbrella.ownerKey);
    for (const role of ['admin', 'developer', 'viewer'] as const) credentials.set(role, await platform.key(acme, role));
    credentials.set('producer', await key('produce:topic:orders*'));
    credentials.set('consumer', await key('consume:topic:orders*', ...app));
    credentials.set('describer', await key('describe:topic:*', 'describe:group:*', 'describe:cluster'));
    credentials.set('wrong', await key('admin:topic:invoices*', 'admin:group:billing*'));
    const developer = credentials.get('developer') ?? '';
    const cap = { topic: 'orders' } as const;
    credentials.set('readToken', await platform.token(developer, [{ ...cap, ops: ['read'] }]));
    credentials.set('writeToken', await platform.token(developer, [{ ...cap, ops: ['write'] }]));
    const keyed = { ...cap, ops: ['read', 'write'], key_prefix: 'user-1/' } as const;
    credentials.set('keyToken', await platform.token(developer, [keyed]));
    credentials.set('denied', await this.#denied());
    await this.#addRefused();
    await this.restore(null, false);
  }

  /** Puts back what a request may have taken away. */
  async restore(group: string | null, isShared: boolean): Promise<void> {
    const credential = this.acme.ownerKey;
    const post = (path: string, body: unknown) => this.platform.request(path, { method: 'POST', credential, body });
    const created = await post('/v1/topics', { name: 'orders' });
    if (created.status === 201) {
      await post('/v1/topics/orders/records', { records: [{ key: `user-2/${canary}`, value: { canary } }] });
    }
    if (group === null) return;
    if (isShared) await post('/v1/share-groups', { group, start: 'earliest' });
    else await post(`/v1/groups/${group}/offsets`, { offsets: { orders: { '0': 0 } } });
  }

  async send({ method, path, headers, body }: DoorRequest, caller: Caller | RefusedCaller): Promise<Response> {
    const credential = this.credentials.get(caller) ?? null;
    // Everyone names their own cluster, as the REST Proxy's paths do; another's does not exist.
    const named = caller === 'other' ? path.replace('/clusters/acme1', '/clusters/umbrella1') : path;
    const text = JSON.stringify([named, body ?? null]);
    const sent = { ...headers, ...this.shown.get(caller) };
    const subject = text.includes(subjectKey) ? keyIdOf(await this.platform.key(this.acme, 'viewer')) : '';
    const [own, filled] = JSON.parse(text.replaceAll(subjectKey, subject)) as [string, unknown];
    return this.platform.request(own, {
      method,
      headers: sent,
      credential,
      ...(body === undefined ? {} : { body: filled }),
    });
  }

  /** A developer to whom ACLs deny what all the requests are about. */
  async #denied(): Promise<string> {
    const { world, owner } = this.acme;
    const text = await this.platform.key(this.acme, 'developer');
    const { id } = expectOk(await world.resolve(text));
    const common = { principal: id, host: '*', operation: 'ALL', permission: 'DENY', patternType: 'PREFIXED' } as const;
    const denials = [
      { ...common, resourceType: 'TOPIC', resourceName: 'orders' },
      { ...common, resourceType: 'GROUP', resourceName: 'app' },
    ] as const;
    expectOk(await world.organization.createAcls('acme', owner, denials));
    return text;
  }

  /** Signs a browser in; answers what its pages then send. */
  async signIn(credential: string): Promise<{ readonly cookie: string; readonly 'millrace-session': string }> {
    const answer = await this.platform.request('/v1/session', { method: 'POST', credential });
    assert(answer.status === 201, await answer.clone().text());
    const { cluster_id: clusterId } = (await answer.json()) as { cluster_id: string };
    return { cookie: cookieOf(answer), 'millrace-session': clusterId };
  }

  /** Sessions that speak for nobody: without their header, from elsewhere, made up, or over. */
  async #addRefusedSessions(): Promise<void> {
    const { acme, credentials, platform, shown } = this;
    const { world, owner } = acme;
    const session = await this.signIn(acme.ownerKey);
    shown.set('cookieAlone', { cookie: session.cookie });
    shown.set('otherCluster', { ...session, 'millrace-session': 'umbrella1' });
    shown.set('otherOrigin', { ...session, origin: 'https://evil.example' });
    shown.set('crossSite', { ...session, 'sec-fetch-site': 'same-site' });
    const [name, sealed = ''] = session.cookie.split('=');
    const changed = `${sealed.slice(0, 40)}${sealed[40] === 'A' ? 'B' : 'A'}${sealed.slice(41)}`;
    shown.set('forgedCookie', { ...session, cookie: `${name}=${changed}` });
    shown.set('expiredSession', await this.signIn(await platform.key(acme, 'admin', 60_000)));
    const revoked = await platform.key(acme, 'admin');
    shown.set('revokedSession', await this.signIn(revoked));
    expectOk(await world.organization.revokeKey('acme', owner, keyIdOf(revoked)));
    const made = await platform.request('/v1/session/tickets', { method: 'POST', credential: acme.ownerKey });
    credentials.set('usedTicket', ((await made.json()) as { ticket: string }).ticket);
  }

  async #addRefused(): Promise<void> {
    const { acme, credentials, platform } = this;
    const { world, owner } = acme;
    credentials.set('nobody', null);
    credentials.set('garbage', 'mr_live_garbage');
    const good = await platform.key(acme, 'admin');
    credentials.set('forged', `${good.slice(0, -8)}${good.at(-8) === 'a' ? 'b' : 'a'}${good.slice(-7)}`);
    const revoked = await platform.key(acme, 'admin');
    expectOk(await world.organization.revokeKey('acme', owner, keyIdOf(revoked)));
    credentials.set('revoked', revoked);
    credentials.set('expired', await platform.key(acme, 'admin', 60_000));
    const rotated = await platform.key(acme, 'admin');
    expectOk(await world.organization.rotateKey('acme', owner, keyIdOf(rotated), 0));
    credentials.set('rotated', rotated);
    await this.#addRefusedSessions();
    platform.nowMs += 120_000;
    for (const caller of refusedCallers) {
      const credential = credentials.get(caller) ?? null;
      const headers = this.shown.get(caller) ?? {};
      const { status } = await platform.request('/v1/organization', { credential, headers });
      assert(status === 401, `${caller} has a credential that opens nothing`);
    }
  }
}

/** What a browser sends along once it was signed in by an answer. */
export function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** The id of a key, from its text: `mr_<environment>_<id>_<secret>`. */
const keyIdOf = (text: string): string => `mrk_${text.split('_')[2]}`;
