import type { Principal } from '../../authorization/principal.ts';
import type { Result } from '../../errors/result.ts';

/** The SASL mechanisms that there are, as Kafka names them. */
export type SaslMechanism = 'PLAIN' | 'OAUTHBEARER';

/** Finds out on whose behalf a Kafka connection speaks. SASL_AUTHENTICATION_FAILED for who proves nothing. */
export interface SaslCredentials {
  /** In the order in which they are offered. */
  readonly mechanisms: readonly SaslMechanism[];
  /** By the id of an API key and its secret, or the whole key as the password. */
  password(user: string, password: string): Promise<Result<Principal>>;
  /** By a bearer token; `clusterId` is the cluster that a person means. */
  token(token: string, clusterId: string | null): Promise<Result<Principal>>;
}
