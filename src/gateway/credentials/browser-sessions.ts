import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sealer } from '../../platform/sealer.ts';
import { authorizationOf, type CredentialHeaders, clusterOf, isOfOwnPage } from './presented-credential.ts';
import type { TicketMemory } from './ticket-memory.ts';

/** Which of the browser's sessions a request is of: the id of its cluster. No page of another site can send it. */
export const sessionHeader = 'millrace-session';

/** What tickets begin with; no key and no token does. */
const ticketPrefix = 'mt_';

/** What a request shows for whoever sends it, as it would stand in headers of its own. */
export type Presented = {
  readonly authorization: string;
  readonly clusterId: string | null;
  /** When the session ends that says so; null where there is none. */
  readonly expiresAtMs: number | null;
};

/** A cookie to be set, or dropped, with when what it keeps ends. */
export type SessionCookie = { readonly setCookie: string; readonly expiresAtMs: number };

export type SocketTicket = { readonly ticket: string; readonly expiresAtMs: number };

export type BrowserRequest = { readonly url: string; readonly headers: CredentialHeaders };

/**
 * What browsers are signed in by. A session is the credential itself, sealed, with its end: in a cookie that no script
 * reads, and that speaks only for requests of the platform's own pages that name it. Nothing is stored, so what takes the
 * credential's rights takes the session's, everywhere. A ticket is the same for one socket, which can carry no header.
 */
export class BrowserSessions {
  readonly #sealer: Sealer;
  readonly #clock: Clock;
  readonly #tickets: TicketMemory;

  constructor(sealer: Sealer, clock: Clock, tickets: TicketMemory) {
    this.#sealer = sealer;
    this.#clock = clock;
    this.#tickets = tickets;
  }

  /** What a request shows by a session or a ticket; null when it shows neither, and its headers speak for themselves. */
  async presented(request: BrowserRequest): Promise<Result<Presented | null>> {
    const { headers } = request;
    const authorization = authorizationOf(headers);
    if (authorization?.startsWith(`Bearer ${ticketPrefix}`)) {
      return this.#useTicket(headers, authorization.slice('Bearer '.length));
    }
    const clusterId = headers.get(sessionHeader);
    if (clusterId === null || headers.get('authorization') !== null) return ok(null);
    if (!isOfOwnPage(headers)) return notSignedIn('A session speaks for pages of the platform itself alone.');
    const cookie = cookieOf(headers, cookieName(request.url, clusterId));
    const session = cookie === null ? null : await this.#open(cookie, sessionContext(clusterId));
    if (session === null) return notSignedIn('The session is over, or there is none: sign in.');
    // A person's credential may be good for other clusters of the organization too; a key's is not, and ignores this.
    return ok({ ...session, clusterId: clusterOf(headers) ?? clusterId });
  }

  /** Signs the browser in to a cluster, with what the request shows. A session that makes another one ends with it. */
  async start(request: BrowserRequest, clusterId: string): Promise<Result<SessionCookie>> {
    if (!isOfOwnPage(request.headers)) return notSignedIn('Pages of the platform itself alone sign in.');
    const shown = await this.#shown(request);
    if (!shown.ok) return shown;
    const latestMs = this.#clock.nowMs() + limits.sessionLifetimeMs.value;
    const expiresAtMs = Math.min(latestMs, shown.value.expiresAtMs ?? latestMs);
    const sealed = await this.#sealer.seal(
      JSON.stringify({ ...shown.value, clusterId, expiresAtMs } satisfies Presented),
      sessionContext(clusterId),
    );
    if (sealed.length > limits.sessionCookieBytes.value)
      return failed('INVALID_REQUEST', 'This credential is too long for a cookie: browsers would drop it.');
    const maxAgeS = Math.floor((expiresAtMs - this.#clock.nowMs()) / 1000);
    return ok({ setCookie: cookieText(request.url, clusterId, sealed, maxAgeS), expiresAtMs });
  }

  /** The cookie that takes the place of a session's and is gone at once. */
  end(url: string, clusterId: string): string {
    return cookieText(url, clusterId, '', 0);
  }

  /** A ticket for one socket, on behalf of whoever asks. */
  async ticket(request: BrowserRequest): Promise<Result<SocketTicket>> {
    const shown = await this.#shown(request);
    if (!shown.ok) return shown;
    const expiresAtMs = this.#clock.nowMs() + limits.socketTicketLifetimeMs.value;
    const ticket: Ticket = { ...shown.value, usableUntilMs: expiresAtMs };
    return ok({
      ticket: ticketPrefix + (await this.#sealer.seal(JSON.stringify(ticket), ticketContext)),
      expiresAtMs,
    });
  }

  async #shown(request: BrowserRequest): Promise<Result<Presented>> {
    const presented = await this.presented(request);
    if (!presented.ok) return presented;
    if (presented.value !== null) return ok(presented.value);
    const authorization = authorizationOf(request.headers);
    if (authorization === null) return notSignedIn('The request has no credential.');
    return ok({ authorization, clusterId: clusterOf(request.headers), expiresAtMs: null });
  }

  async #useTicket(headers: CredentialHeaders, text: string): Promise<Result<Presented>> {
    const sealed = text.slice(ticketPrefix.length);
    const opened = await this.#sealer.open(sealed, ticketContext);
    const ticket = opened === null ? null : (JSON.parse(opened) as Ticket);
    const nowMs = this.#clock.nowMs();
    const isSocket = headers.get('upgrade')?.toLowerCase() === 'websocket';
    if (ticket === null || !isSocket || ticket.usableUntilMs <= nowMs || isOver(ticket, nowMs))
      return notSignedIn('This is no ticket that opens a socket now: ask for a new one.');
    if (!this.#tickets.use(sealed.slice(0, nonceCharacters), ticket.usableUntilMs, nowMs))
      return notSignedIn('This ticket was used: each opens one socket.');
    const { authorization, clusterId, expiresAtMs } = ticket;
    return ok({ authorization, clusterId, expiresAtMs });
  }

  async #open(sealed: string, context: string): Promise<Presented | null> {
    if (sealed.length > limits.sessionCookieBytes.value) return null;
    const opened = await this.#sealer.open(sealed, context);
    const session = opened === null ? null : (JSON.parse(opened) as Presented);
    return session === null || isOver(session, this.#clock.nowMs()) ? null : session;
  }
}

type Ticket = Presented & { readonly usableUntilMs: number };

/** What is sealed begins with a random nonce, which no two tickets share. */
const nonceCharacters = 16;

const ticketContext = 'ticket of a socket';

function sessionContext(clusterId: string): string {
  return `session of cluster ${clusterId}`;
}

function isOver({ expiresAtMs }: Presented, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** The prefix makes browsers take the cookie over https alone, from this host alone (RFC 6265bis 4.1.3.2). */
function cookieName(url: string, clusterId: string): string {
  return `${url.startsWith('https:') ? '__Host-' : ''}millrace-session-${clusterId}`;
}

function cookieText(url: string, clusterId: string, value: string, maxAgeS: number): string {
  const secure = url.startsWith('https:') ? '; Secure' : '';
  return `${cookieName(url, clusterId)}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}

/** Longer than what browsers send of one site: nothing longer is looked at. */
const cookieHeaderMaxLength = 64 * 1024;

function cookieOf(headers: CredentialHeaders, name: string): string | null {
  const header = headers.get('cookie') ?? '';
  if (header.length > cookieHeaderMaxLength) return null;
  const found = header.split(';').find((pair) => pair.trimStart().startsWith(`${name}=`));
  return found === undefined ? null : found.trim().slice(name.length + 1);
}

function notSignedIn(message: string): Result<never> {
  return failed('SASL_AUTHENTICATION_FAILED', message);
}
