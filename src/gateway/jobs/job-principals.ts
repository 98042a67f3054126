import type { Principal } from '../../authorization/principal.ts';
import {
  credentialIsOver,
  type HeldPrincipal,
  type PrincipalAuthority,
  recheckPrincipals,
} from '../../authorization/principal-authority.ts';
import { decodePrincipal, encodePrincipal, unresolvedEpoch } from '../../authorization/principal-text.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import type { Clock } from '../../platform/clock.ts';
import { openPrincipal } from '../open-credentials.ts';

/** How open mode's principal, which needs no words, is kept. */
const openText = '';

/**
 * Who started a job, as it is kept with it: who they are, and nothing of what they may do, which is asked for anew. A
 * person's sign-in ends long before their job; a key or token that ends takes its jobs along.
 */
export function jobPrincipalText(principal: Principal): Result<string> {
  if (principal.kind === 'anonymous') return ok(openText);
  const expiresAtMs = principal.kind === 'member' ? null : principal.expiresAtMs;
  return encodePrincipal({ ...principal, grants: [], quotas: undefined, expiresAtMs, epoch: unresolvedEpoch });
}

/** The principals of running jobs. Before each step the organization says whether they still hold. */
export class JobPrincipals {
  readonly #authority: PrincipalAuthority;
  readonly #clock: Clock;
  readonly #held = new Map<string, HeldPrincipal>();

  constructor(ports: { readonly authority: PrincipalAuthority; readonly clock: Clock }) {
    this.#authority = ports.authority;
    this.#clock = ports.clock;
  }

  /** The principal as it is now. SASL_AUTHENTICATION_FAILED when it is nobody any more. */
  async resolve({
    jobId,
    principal,
  }: {
    readonly jobId: string;
    readonly principal: string;
  }): Promise<Result<Principal>> {
    if (principal === openText) return ok(openPrincipal);
    const held = this.#held.get(jobId) ?? { principal: decodePrincipal(principal), checkedAtMs: 0 };
    this.#held.set(jobId, held);
    const gone = await recheckPrincipals(this.#authority, [held], () => this.#clock.nowMs());
    if (!gone.ok) return gone;
    const { expiresAtMs } = held.principal;
    const isOver = gone.value.length > 0 || (expiresAtMs !== null && expiresAtMs <= this.#clock.nowMs());
    if (!isOver) return ok(held.principal);
    this.#held.delete(jobId);
    return failed(credentialIsOver().error.code, 'The credential that started the job has expired or was revoked.');
  }

  forget(jobId: string): void {
    this.#held.delete(jobId);
  }
}
