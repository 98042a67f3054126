import type { Principal } from '../authorization/principal.ts';
import type { QuotaGate } from '../authorization/quota-gate.ts';
import type { Credentials } from '../gateway/ports.ts';
import type { UsageMeter } from '../gateway/usage/edge-usage.ts';
import type { DashboardFiles } from './dashboard.ts';
import type { Services } from './services.ts';

/** The platform as a request comes to it, before it is known who asks. */
export type Platform = {
  /** `open`: no credentials, and only on loopback. `closed`: nothing but what needs none without a credential. */
  readonly mode: 'open' | 'closed';
  readonly credentials: Credentials;
  /** What routes may call on behalf of a principal: its cluster, and no other. */
  services(principal: Principal): Services;
  /** Where a request comes from, when the platform itself knows it: a client's word for it would open any ACL. */
  hostOf(request: Request): string | undefined;
  /** The built dashboard; null where the platform was deployed or started without it. */
  readonly dashboardFiles: DashboardFiles | null;
  readonly quotas: QuotaGate;
  readonly usage: UsageMeter;
  /** Told of every access that was refused to somebody who is known; `action` is the operation's id. */
  refused(principal: Principal, action: string, resource: string): void;
  /** Told of every token and session of a browser that was made, or given back: no object is asked, so none writes it down. */
  handedOut(principal: Principal, action: string, resource: string): void;
};

/** A request under way, with on whose behalf it comes once that is known. */
export type Arrival = {
  readonly platform: Platform;
  /** Whether the answer leaves without its body. */
  readonly isHead: boolean;
  principal: Principal | null;
  /** Told of the bytes of its answer; null unless they count against a quota. */
  spendFetchBytes: ((bytes: number) => void) | null;
};

/** A request that nothing is known of yet. */
export function arrivalAt(platform: Platform, request: Request): Arrival {
  return { platform, isHead: request.method === 'HEAD', principal: null, spendFetchBytes: null };
}
