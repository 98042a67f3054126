import { anonymousPrincipal } from '../authorization/principal.ts';
import { ok } from '../errors/result.ts';
import { unknownCredential } from '../tenancy/authentication-failure.ts';
import { localCluster } from '../topics/local-cluster.ts';
import type { SaslCredentials } from './credentials/sasl-credentials.ts';
import type { Credentials } from './ports.ts';

/** Everyone who speaks to an open platform. */
export const openPrincipal = anonymousPrincipal(localCluster);

const resolved = Promise.resolve(ok(openPrincipal));

/** Open mode asks nobody who they are. */
export const openCredentials: Credentials = { resolve: () => resolved };

/**
 * Open mode lets Kafka clients in that insist on saying who they are, whatever they say, so that a program runs here with
 * the settings that it has elsewhere. In SCRAM the platform would have to know their password.
 */
export const openSaslCredentials: SaslCredentials = {
  mechanisms: ['PLAIN', 'OAUTHBEARER'],
  password: () => resolved,
  unproved: () => {},
  scram: async () => unknownCredential(),
  token: () => resolved,
};
