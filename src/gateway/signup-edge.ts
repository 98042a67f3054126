import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { SignupMode } from '../limits/signup-mode.ts';
import { limits } from '../limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { Signer } from '../platform/signer.ts';
import type { RandomBytes } from '../tenancy/base62.ts';
import type { DirectoryRpc } from '../tenancy/directory-rpc.ts';
import { checkName } from '../tenancy/names.ts';
import { issueInvitation, readInvitation } from '../tenancy/signup/invitation.ts';
import type { SignupIds } from '../tenancy/signup/signup-register.ts';
import { signupSource } from '../tenancy/signup/signup-source.ts';

export type SignupPorts = {
  /** A failure where it cannot be read. */
  readonly mode: Result<SignupMode>;
  readonly memory: SignupMemory;
  readonly directory: () => Pick<DirectoryRpc, 'admitSignup'>;
  readonly newId: () => string;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
};

/** How long an isolate goes by what the directory answered an address. */
const rememberedMs = 60_000;

/** Addresses that are remembered at once; beyond it the directory is asked again. */
const addressesMax = 10_000;

/** Which addresses an isolate knows to have signed up often enough, so that the next try costs no object call. */
export class SignupMemory {
  readonly #refused = new Map<string, { readonly answer: Failed; readonly untilMs: number }>();

  refusalOf(source: string, nowMs: number): Failed | null {
    const known = this.#refused.get(source);
    return known !== undefined && known.untilMs > nowMs ? known.answer : null;
  }

  keep(source: string, answer: Failed, nowMs: number): void {
    if (this.#refused.size >= addressesMax) this.#refused.clear();
    this.#refused.set(source, { answer, untilMs: nowMs + rememberedMs });
  }
}

/** Lets those found an organization who may without being the operator. */
export class SignupEdge {
  readonly #ports: SignupPorts;

  constructor(ports: SignupPorts) {
    this.#ports = ports;
  }

  /** A new invitation of the operator, good once. INVALID_REQUEST for a lifetime that is too long. */
  invite(lifetimeMs: number): Result<{ readonly invitation: string; readonly expiresAtMs: number }> {
    const { clock, randomBytes, signer } = this.#ports;
    const { max } = limits.invitationLifetimeMs;
    if (lifetimeMs < 1 || lifetimeMs > max) {
      const detail = { field: 'expires_in_ms', max };
      return failed('INVALID_REQUEST', `An invitation is good for 1 to ${max} ms, not ${lifetimeMs}.`, detail);
    }
    const expiresAtMs = clock.nowMs() + lifetimeMs;
    return ok({ invitation: issueInvitation(expiresAtMs, randomBytes, signer), expiresAtMs });
  }

  /**
   * The ids of the organization that is to be founded. `host` is the address of the request. Without a good invitation,
   * or room for another sign-up from there, no object is called. SIGNUP_REFUSED, THROTTLING_QUOTA_EXCEEDED.
   */
  async admit(request: {
    readonly name: string;
    readonly invitation: string | null;
    readonly host: string | null;
  }): Promise<Result<SignupIds>> {
    const { mode, signer, clock, newId, memory, directory } = this.#ports;
    const nowMs = clock.nowMs();
    const source = signupSource(request.host);
    if (!mode.ok) return mode;
    if (mode.value === 'closed') return noSignups();
    const named = checkName('name', request.name);
    if (!named.ok) return named;
    const ids = { orgId: newId(), clusterId: newId() };
    if (request.invitation !== null) {
      const read = readInvitation(request.invitation, signer, nowMs);
      if (!read.ok) return read;
      return directory().admitSignup({ ...ids, invitation: read.value.id, source, nowMs });
    }
    if (mode.value === 'invite') return invitationNeeded();
    const known = memory.refusalOf(source, nowMs);
    if (known !== null) return known;
    const admitted = await directory().admitSignup({ ...ids, invitation: null, source, nowMs });
    if (!admitted.ok && admitted.error.code === 'THROTTLING_QUOTA_EXCEEDED') memory.keep(source, admitted, nowMs);
    return admitted;
  }
}

const noSignups = () => failed('SIGNUP_REFUSED', 'This platform takes no sign-ups: its operator founds organizations.');

const invitationNeeded = () =>
  failed('SIGNUP_REFUSED', 'This platform takes sign-ups with an invitation of its operator only.', {
    field: 'invitation',
  });
