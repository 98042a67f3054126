import type { Result } from '../errors/result.ts';
import type { Caps, ClusterCaps } from '../limits/caps.ts';
import type { OperatorRates } from '../limits/operator-rates.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { ApiKeyPorts } from './api-keys.ts';
import type { Sha256 } from './audit-chain.ts';
import type { ClusterDeletionPorts } from './cluster-deletion.ts';
import type { DirectoryEntry } from './directory-rpc.ts';
import type { Issuer } from './issuer.ts';
import type { SigningSecretPorts } from './signing-secrets.ts';
import type { SocketHolder } from './socket-holders.ts';

/** Everything an organization needs of the world. */
export type OrganizationPorts = Omit<ApiKeyPorts & SigningSecretPorts & ClusterDeletionPorts, 'audit' | 'caps'> & {
  /** Hashes the entries of the audit log; synchronous, so that they are part of a transaction. */
  readonly sha256: Sha256;
  readonly alarm: AlarmClock;
  /** Whether this object is the one of that organization, by its name. */
  readonly isOwn: (orgId: string) => boolean;
  /** Tells a cluster's object that it exists, and whose it is. */
  readonly foundCluster: (cluster: ClusterRef, caps: ClusterCaps) => Promise<Result<unknown>>;
  /** What no organization may have more of. */
  readonly operatorCaps: Caps;
  /** What none may use more of a second. */
  readonly operatorRates: OperatorRates;
  /** Says that an issuer's tokens for its audience are of this organization; refused when they are another's. */
  readonly claimIssuer: (orgId: string, issuer: Issuer) => Promise<Result<unknown>>;
  /** They are nobody's any more. */
  readonly releaseIssuer: (orgId: string, issuer: string, audience: string) => Promise<Result<unknown>>;
  /** Tells an object that holds sockets that rights were taken; answers whether it still holds any. */
  readonly tellHolder: (holder: SocketHolder) => Promise<Result<boolean>>;
  /** Tells the platform's directory how the organization is. */
  readonly enterDirectory: (entry: DirectoryEntry) => Promise<Result<unknown>>;
  /** The organization is gone. */
  readonly leaveDirectory: (orgId: string) => Promise<Result<unknown>>;
  /** Told what went wrong in an alarm, which has no caller. */
  readonly reportError: (error: unknown) => void;
};
