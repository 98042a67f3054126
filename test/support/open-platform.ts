import type { Platform } from '../../src/api/platform.ts';
import type { Services } from '../../src/api/services.ts';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { noQuotas } from '../../src/authorization/quota-gate.ts';
import { failed } from '../../src/errors/result.ts';
import { openCredentials } from '../../src/gateway/open-credentials.ts';
import { noUsage } from '../../src/gateway/usage/edge-usage.ts';
import type { RelayPrincipalPorts } from '../../src/relay/ports.ts';

/** A platform in open mode, whose doors lead to these services. */
export function openPlatform(services: Services): Platform {
  return {
    mode: 'open',
    credentials: openCredentials,
    services: () => services,
    hostOf: () => undefined,
    dashboardFiles: null,
    quotas: noQuotas,
    usage: noUsage,
    handedOut: () => {},
    refused: () => {},
  };
}

/** How a relay finds out who its clients are where nobody is asked. */
export const openPrincipals: RelayPrincipalPorts = {
  authority: noAuthority,
  refused: () => {},
  resolve: async () => failed('SASL_AUTHENTICATION_FAILED', 'Open mode knows no credentials.'),
};
