import type { Result } from '../errors/result.ts';
import type { SignupMode } from '../limits/signup-mode.ts';
import type { Clock } from '../platform/clock.ts';
import type { Signer } from '../platform/signer.ts';
import type { RandomBytes } from '../tenancy/base62.ts';
import type { DirectoryRpc } from '../tenancy/directory-rpc.ts';
import type { OrganizationRpc } from '../tenancy/organization-rpc.ts';
import { platformTokenSecret } from '../tenancy/signing-secret.ts';
import type { BrowserSessions } from './credentials/browser-sessions.ts';
import { signBrowserToken, type TokenClaims } from './credentials/browser-token.ts';
import { OrganizationCaller } from './organization-caller.ts';
import { SignupEdge, type SignupMemory } from './signup-edge.ts';

/** The organizations of a deployment as an edge reaches them. */
export type TenancyEdge = {
  organization(orgId: string): OrganizationRpc;
  readonly directory: DirectoryRpc;
  /** An id that nothing has. */
  newId(): string;
  readonly signup: SignupEdge;
  /** Signs a browser token that narrows a key, on behalf of whoever presented that key. */
  signToken(keyId: string, claims: TokenClaims): string;
  /** What browsers are signed in by. */
  readonly sessions: BrowserSessions;
};

export type TenancyPorts = {
  /** Makes a new stub for each try: one that broke stays broken. */
  readonly connect: (orgId: string) => OrganizationRpc;
  readonly directory: DirectoryRpc;
  readonly newId: () => string;
  readonly signer: Signer;
  /** Signs with another secret than the platform's. */
  readonly signerOf: (secret: string) => Signer;
  readonly sessions: BrowserSessions;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly signupMode: Result<SignupMode>;
  readonly signupMemory: SignupMemory;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
};

export function createTenancyEdge(ports: TenancyPorts): TenancyEdge {
  const { connect, newId, signer, signerOf, sessions, random, pause, clock, randomBytes } = ports;
  return {
    organization: (orgId) => new OrganizationCaller({ connect: () => connect(orgId), random, pause }),
    // Asked for when it is needed: most requests have nothing to do with it.
    get directory() {
      return ports.directory;
    },
    newId,
    signup: new SignupEdge({
      mode: ports.signupMode,
      memory: ports.signupMemory,
      directory: () => ports.directory,
      newId,
      signer,
      clock,
      randomBytes,
    }),
    sessions,
    signToken: (keyId, claims) => signBrowserToken(keyId, claims, signerOf(platformTokenSecret(keyId, signer))),
  };
}
