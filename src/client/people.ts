import type { IssuerJson, IssuerListJson, IssuerPutJson, MemberJson, MemberListJson } from '../contracts/people.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';

/** A person of the organization, in the fields of the API. Times are in ms since 1970. */
export type Member = MemberJson;

/** Who vouches for members, in the fields of the API. */
export type Issuer = IssuerJson;

type Cancellable = { readonly signal?: AbortSignal };

/** The people of the organization. Every verb rejects with a MillraceError. */
export class Members {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  async list({ signal }: Cancellable = {}): Promise<readonly Member[]> {
    return (await this.#door.json<MemberListJson>({ method: 'GET', path: '/v1/members', signal })).members;
  }

  /** Who signs in with this address is a member from then on; nobody is written to. */
  invite({ email, role }: { readonly email: string; readonly role: string }): Promise<Member> {
    return this.#door.json({ method: 'POST', path: '/v1/members', body: jsonBody({ email, role }) });
  }

  setRole(memberId: string, role: string): Promise<Member> {
    return this.#door.json({ method: 'PATCH', path: memberPath(memberId), body: jsonBody({ role }) });
  }

  /** Ends everything the member may do; API keys that they made stay. */
  remove(memberId: string): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: memberPath(memberId) });
  }
}

/** Who vouches for the organization's members. Every verb rejects with a MillraceError. */
export class Issuers {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  async list({ signal }: Cancellable = {}): Promise<readonly Issuer[]> {
    return (await this.#door.json<IssuerListJson>({ method: 'GET', path: '/v1/issuers', signal })).issuers;
  }

  /** Adds it, or changes how its tokens are checked. */
  put(issuer: IssuerPutJson): Promise<Issuer> {
    return this.#door.json({ method: 'POST', path: '/v1/issuers', body: jsonBody(issuer) });
  }

  remove({ issuer, audience }: Pick<Issuer, 'issuer' | 'audience'>): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: '/v1/issuers', query: { issuer, audience } });
  }
}

function memberPath(memberId: string): string {
  return `/v1/members/${encodeURIComponent(memberId)}`;
}
