import type { Platform } from '../../src/api/platform.ts';
import type { Services } from '../../src/api/services.ts';
import { openCredentials } from '../../src/gateway/open-credentials.ts';

/** A platform in open mode, whose doors lead to these services. */
export function openPlatform(services: Services): Platform {
  return { mode: 'open', credentials: openCredentials, services: () => services, hostOf: () => undefined };
}
