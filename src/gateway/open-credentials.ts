import { anonymousPrincipal } from '../authorization/principal.ts';
import { ok } from '../errors/result.ts';
import { localCluster } from '../topics/local-cluster.ts';
import type { Credentials } from './ports.ts';

/** Everyone who speaks to an open platform. */
export const openPrincipal = anonymousPrincipal(localCluster);

const resolved = Promise.resolve(ok(openPrincipal));

/** Open mode asks nobody who they are. */
export const openCredentials: Credentials = { resolve: () => resolved };
