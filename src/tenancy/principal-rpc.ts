import type { ExcessConnections, HeldConnections } from '../authorization/connection-cap.ts';
import type { Principal } from '../authorization/principal.ts';
import type { PrincipalQuestion } from '../authorization/principal-authority.ts';
import type { Result } from '../errors/result.ts';
import type { ScramCredentials } from './api-key.ts';
import type { PresentedKey } from './organization-rpc.ts';
import type { ScramSignIn } from './scram-sign-in.ts';
import type { TokenSigner } from './signing-secret.ts';
import type { SocketHolder } from './socket-holders.ts';

/** The verbs of an organization's object about on whose behalf somebody asks. */
export interface PrincipalRpc {
  /** Who presents this key. SASL_AUTHENTICATION_FAILED, always with the same words, when it opens nothing. */
  resolveKey(orgId: string, presented: PresentedKey): Promise<Result<Principal>>;
  /** What a key is let in by over SCRAM. SASL_AUTHENTICATION_FAILED, always with the same words, when it opens nothing. */
  resolveScram(orgId: string, keyId: string, mechanism: keyof ScramCredentials): Promise<Result<ScramSignIn>>;
  /** What an edge checks browser tokens of this `kid` with. SASL_AUTHENTICATION_FAILED when they open nothing. */
  resolveTokenSigner(orgId: string, kid: string): Promise<Result<TokenSigner>>;
  /** The principal of an id, for explaining what it may do. UNKNOWN_RESOURCE when nobody has the id. */
  principalOf(orgId: string, clusterId: string, principalId: string): Promise<Result<Principal>>;
  /** The principals of sockets as they are now; null for who is nobody any more. At most `questionsPerCall`. */
  principalsOf(orgId: string, asked: readonly PrincipalQuestion[]): Promise<Result<readonly (Principal | null)[]>>;
  /** The epoch of who may do what, and notes which keys were used. */
  authorizationEpoch(orgId: string, usedKeyIds: readonly string[]): Promise<Result<number>>;
  /** The same for an object that holds sockets, which is told from then on when rights are taken. */
  heldEpoch(orgId: string, holder: SocketHolder): Promise<Result<number>>;
  /** The object holds no sockets any more, and is told of nothing. */
  leaveHolder(orgId: string, holder: SocketHolder): Promise<Result<null>>;
  /** What a holder of connections has now, by account; answers how many of them are too many. Writes nothing. */
  holdConnections(
    orgId: string,
    holder: string,
    held: readonly HeldConnections[],
  ): Promise<Result<readonly ExcessConnections[]>>;
}
