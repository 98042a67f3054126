import type { Principal } from '../../authorization/principal.ts';
import type { Result } from '../../errors/result.ts';
import type { HashName } from '../../platform/keyed-hash.ts';
import type { ScramSignIn } from '../../tenancy/scram-sign-in.ts';

/** The SASL mechanisms that there are, as Kafka names them. */
export type SaslMechanism = 'PLAIN' | `SCRAM-${HashName}` | 'OAUTHBEARER';

/** Finds out on whose behalf a Kafka connection speaks. SASL_AUTHENTICATION_FAILED for who proves nothing. */
export interface SaslCredentials {
  /** In the order in which they are offered. */
  readonly mechanisms: readonly SaslMechanism[];
  /** By the id of an API key and its secret, or the whole key as the password. */
  password(user: string, password: string): Promise<Result<Principal>>;
  /** What the id of an API key is let in by, once a SCRAM conversation has proved one of its secrets. */
  scram(user: string, hash: HashName): Promise<Result<ScramSignIn>>;
  /** Told that a SCRAM conversation ended with a proof of none of the key's secrets. */
  unproved(principal: Principal): void;
  /** By a bearer token; `clusterId` is the cluster that a person means. */
  token(token: string, clusterId: string | null): Promise<Result<Principal>>;
}
