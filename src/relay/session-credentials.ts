import { checkEach } from '../authorization/access-check.ts';
import { credentialIsOver } from '../authorization/principal-authority.ts';
import { encodePrincipal, isUnresolved } from '../authorization/principal-text.ts';
import { PrincipalWatch } from '../authorization/principal-watch.ts';
import { type AuthenticatedFrame, type AuthFrame, closeCodes } from '../contracts/websocket.ts';
import { type Failed, type Failure, failed, type Result } from '../errors/result.ts';
import { countOpen } from '../gateway/usage/edge-usage.ts';
import { checkMember } from './group-subscriber.ts';
import type { RelayPorts } from './ports.ts';
import type { RelaySession } from './relay-session.ts';
import type { ShareMembership } from './share-membership.ts';
import type { Subscription } from './subscription.ts';

/** What the relay does for its sessions' credentials. */
export type SessionActions = {
  readonly sessions: () => Iterable<RelaySession>;
  readonly close: (session: RelaySession, code: number, reason: string) => void;
  readonly end: (subscription: Subscription, failure: Failure) => void;
  readonly leave: (share: ShareMembership) => void;
  /** Sends what was held back. */
  readonly wake: (readers: Iterable<Subscription>) => void;
  readonly save: () => void;
};

/** On whose behalf a relay's sockets ask, for as long as it holds: it expires, is revoked, changes, or is renewed. */
export class SessionCredentials {
  readonly #ports: Pick<RelayPorts, 'principals' | 'groups'>;
  readonly #actions: SessionActions;
  readonly #watch: PrincipalWatch<RelaySession>;

  constructor(ports: RelayPorts, actions: SessionActions) {
    this.#ports = ports;
    this.#actions = actions;
    this.#watch = new PrincipalWatch<RelaySession>({
      authority: ports.principals.authority,
      nowMs: () => ports.groups.clock.nowMs(),
      keepAlive: ports.keepAlive,
      holders: actions.sessions,
      end: (session) => this.#end(session),
      refuse: (session, failure) => {
        session.fail(null, failure, true);
        actions.close(session, closeCodes.tooMany, 'there are too many connections; see the error before');
      },
      resume: (session) => this.#resume(session),
      wasOpen: (session, fromMs, toMs) => {
        // Kept with the socket first, so that nobody counts it again.
        session.keep();
        countOpen(ports.usage, session.principal, session.topic, fromMs, toMs);
      },
    });
  }

  /** Takes in a session whose principal an edge has just found good; it is asked about when not all of it came along. */
  open(session: RelaySession): void {
    session.checkedAtMs = isUnresolved(session.principal) ? 0 : this.#ports.groups.clock.nowMs();
    this.#take(session);
  }

  /** Takes in a session that was open before the relay came into memory: its principal is asked about first. */
  restore(session: RelaySession): void {
    this.#take(session);
  }

  #take(session: RelaySession): void {
    session.onRefusal = ({ message }) => this.#ports.principals.refused(session.principal, 'websocket', message);
    this.#watch.add(session);
  }

  /** The session's socket is gone. */
  left(session: RelaySession): void {
    this.#watch.removed(session);
  }

  /** Called before anything is done: sessions nobody vouches for are held, or end. */
  touch(): void {
    this.#watch.touch();
  }

  /** Whether something may be done now on behalf of a session that sends nothing by itself. */
  async isGood(session: RelaySession): Promise<boolean> {
    this.touch();
    if (session.isHeld) await this.#watch.settled(session);
    return !session.isHeld && !session.isClosed;
  }

  /** Waits until somebody vouches for a held session that has sent a frame; false when nobody does. */
  async vouch(session: RelaySession): Promise<boolean> {
    await this.#watch.settled(session);
    if (session.isClosed) return false;
    if (session.isHeld) session.fail(null, unvouched().error, false);
    return !session.isHeld;
  }

  /** Closes the sockets of principals that are no more, and holds the others to what they may now. */
  async lookAgain(): Promise<Result<boolean>> {
    const looked = await this.#watch.lookAgain();
    this.#actions.save();
    return looked;
  }

  /** The same client goes on with another credential, of the same organization and cluster. */
  async renew(session: RelaySession, { token }: AuthFrame): Promise<void> {
    const resolved = await this.#ports.principals.resolve(token);
    if (!resolved.ok) return session.fail(null, resolved.error, false);
    const { orgId, clusterId } = resolved.value;
    if (orgId !== session.principal.orgId || clusterId !== session.principal.clusterId) {
      return session.fail(null, otherCluster().error, false);
    }
    const kept = encodePrincipal(resolved.value);
    if (!kept.ok) return session.fail(null, kept.error, false);
    session.principal = { ...resolved.value, host: session.principal.host };
    this.open(session);
    this.#resume(session);
    const { expiresAtMs } = session.principal;
    session.send(JSON.stringify({ type: 'authenticated', expires_at: expiresAtMs } satisfies AuthenticatedFrame));
  }

  #end(session: RelaySession): void {
    session.fail(null, credentialIsOver().error, true);
    this.#actions.close(session, closeCodes.unauthenticated, 'the credential has expired or was revoked');
  }

  /** Puts in force what its principal may do now. */
  #resume(session: RelaySession): void {
    const { principal } = session;
    for (const subscription of [...session.readers()]) {
      const allowed = checkEach(principal, 'READ', 'TOPIC', [subscription.topic]);
      if (allowed.ok) subscription.holdToKeys();
      else this.#actions.end(subscription, allowed.error);
    }
    for (const share of [...session.shares.values()]) {
      const allowed = checkMember(principal, share.terms.groupId, share.terms.topics);
      if (allowed.ok) continue;
      session.fail(share.id, allowed.error, true);
      this.#actions.leave(share);
    }
    session.changed();
    this.#actions.wake(session.readers());
    this.#actions.save();
  }
}

const unvouched = (): Failed =>
  failed('OVERLOADED', 'It could not be found out in time whether the credential still holds; send the frame again.');

const otherCluster = (): Failed =>
  failed(
    'CLUSTER_AUTHORIZATION_FAILED',
    'The token is of another organization or cluster than this socket; connect anew with it.',
  );
