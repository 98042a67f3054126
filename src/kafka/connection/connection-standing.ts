import { isCapped } from '../../authorization/connection-cap.ts';
import type { Principal } from '../../authorization/principal.ts';
import type { ConnectionAuthority } from '../../authorization/principal-authority.ts';
import { isUnresolved } from '../../authorization/principal-text.ts';
import { type PrincipalHolder, PrincipalWatch } from '../../authorization/principal-watch.ts';
import { assert } from '../../errors/assert.ts';
import { type Failed, failed, ok, type Result } from '../../errors/result.ts';
import { countOpen } from '../../gateway/usage/edge-usage.ts';
import type { KafkaServices } from '../kafka-services.ts';

/** A request that took longer has waited for something: for records, or for other members of a group. */
const waitedMs = 1_000;

export type StandingPorts = {
  readonly authority: ConnectionAuthority;
  readonly nowMs: () => number;
  readonly servicesOf: (principal: Principal) => KafkaServices;
  /** The credential is over: the connection ends. */
  readonly onOver: () => void;
  /** Lets the organization be told of the connection after its end. */
  readonly keepAlive: (work: Promise<void>) => void;
};

type Holder = { -readonly [Field in keyof PrincipalHolder]: PrincipalHolder[Field] };

/**
 * On whose behalf a connection speaks. Nobody at first, on a platform that asks; then, as with sockets, the principal
 * is asked about every few seconds while the connection is in use, and what it may do is what it may by now.
 */
export class ConnectionStanding {
  readonly #ports: StandingPorts;
  readonly #watch: PrincipalWatch<Holder>;
  #holder: Holder | null = null;
  #services: KafkaServices | null = null;
  /** Set when there were connections enough without this one. */
  #refused: Failed | null = null;
  /** True once anything was done on the principal's behalf: from then on it stays the same one. */
  #isUsed = false;

  constructor(ports: StandingPorts) {
    this.#ports = ports;
    this.#watch = new PrincipalWatch<Holder>({
      authority: ports.authority,
      nowMs: ports.nowMs,
      keepAlive: ports.keepAlive,
      holders: () => (this.#holder === null ? [] : [this.#holder]),
      end: (holder) => {
        holder.isClosed = true;
        if (holder === this.#holder) ports.onOver();
      },
      refuse: (holder, failure) => {
        holder.isClosed = true;
        this.#refused = { ok: false, error: failure };
        // While somebody still waits to be let in, they are told why not.
        if (holder === this.#holder && this.#isUsed) ports.onOver();
      },
      resume: (holder) => {
        if (holder === this.#holder) this.#serve(holder.principal);
      },
      wasOpen: ({ principal }, fromMs, toMs) => {
        if (this.#services !== null) countOpen(this.#services.usage, principal, null, fromMs, toMs);
      },
    });
  }

  /** What may be called on the principal's behalf; null while nobody has said who they are. */
  get services(): KafkaServices | null {
    return this.#services;
  }

  /** As {@link ConnectionStanding.services}, for what is done on the principal's behalf already. */
  requireServices(): KafkaServices {
    assert(this.#services !== null, 'nothing is done on behalf of nobody');
    return this.#services;
  }

  /** Lets the connection speak for a principal that was just found. Whoever has used it stays who they are. */
  enter(principal: Principal): Result<null> {
    const held = this.#holder?.principal;
    if (principal.kind === 'operator') return onlyOfOrganizations();
    if (held !== undefined && this.#isUsed && !isSame(held, principal)) return anotherPrincipal(held);
    // Of whom nothing but the name has come along is asked before anything is done for them.
    const checkedAtMs = isUnresolved(principal) ? 0 : this.#ports.nowMs();
    const countedToMs = this.#holder?.countedToMs ?? this.#ports.nowMs();
    this.#holder = { principal, checkedAtMs, isHeld: false, isClosed: false, countedToMs };
    this.#serve(principal);
    this.#watch.add(this.#holder);
    return ok(null);
  }

  /** Lets the connection speak for a principal, unless there are connections enough; then what it is told. */
  async admit(principal: Principal): Promise<Result<null>> {
    const entered = this.enter(principal);
    const holder = this.#holder;
    if (!entered.ok || holder === null || !isCapped(principal)) return entered;
    await this.#watch.counted();
    return this.#refused ?? entered;
  }

  /** The connection is over. */
  left(): void {
    const holder = this.#holder;
    if (holder === null) return;
    holder.isClosed = true;
    this.#watch.removed(holder);
    const { orgId, kind } = holder.principal;
    if (kind !== 'anonymous') this.#ports.keepAlive(this.#ports.authority.leave(orgId).then(() => {}));
  }

  /** Rights were taken: asks about the principal at once. Answers whether the connection is still somebody's. */
  lookAgain(): Promise<Result<boolean>> {
    return this.#watch.lookAgain();
  }

  /** Called before a request is answered: resolves to false when nothing is done for its principal any more. */
  async admits(): Promise<boolean> {
    this.#isUsed = true;
    this.#watch.touch();
    const holder = this.#holder;
    if (holder?.isHeld === true) await this.#watch.settled(holder);
    return this.#isGood();
  }

  /**
   * Called before an answer is sent, with when its request was begun: what came of waiting goes out only while the
   * principal is found good, and is not sent first and asked about afterwards.
   */
  async admitsAnswer(begunAtMs: number): Promise<boolean> {
    if (this.#ports.nowMs() - begunAtMs < waitedMs) return this.#isGood();
    this.#watch.touch();
    if (this.#holder !== null) await this.#watch.settled(this.#holder);
    return this.#isGood();
  }

  /** When the principal's credential ends, in ms from now; null when it does not by itself. */
  lifetimeMs(): number | null {
    const expiresAtMs = this.#holder?.principal.expiresAtMs ?? null;
    return expiresAtMs === null ? null : Math.max(1, expiresAtMs - this.#ports.nowMs());
  }

  #isGood(): boolean {
    return this.#holder !== null && !this.#holder.isClosed && !this.#holder.isHeld;
  }

  #serve(principal: Principal): void {
    if (this.#services?.principal !== principal) this.#services = this.#ports.servicesOf(principal);
  }
}

function isSame(held: Principal, principal: Principal): boolean {
  return held.id === principal.id && held.orgId === principal.orgId && held.clusterId === principal.clusterId;
}

const anotherPrincipal = ({ id }: Principal): Result<null> =>
  failed('SASL_AUTHENTICATION_FAILED', `This connection is ${id}'s; open another one for somebody else.`);

const onlyOfOrganizations = (): Result<null> =>
  failed(
    'SASL_AUTHENTICATION_FAILED',
    "The operator's key belongs to no organization, so there is no cluster to reach.",
  );
