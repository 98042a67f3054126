import { DurableObject } from 'cloudflare:workers';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import type { DirectoryEntry, DirectoryPage, DirectoryRpc } from '../src/tenancy/directory-rpc.ts';
import { DirectoryService } from '../src/tenancy/directory-service.ts';
import type { Issuer } from '../src/tenancy/issuer.ts';
import type { SignupRequest } from '../src/tenancy/signup/signup-register.ts';

/** Which organizations and clusters there are. Owns nothing but wiring; see {@link DirectoryService}. */
export class Directory extends DurableObject<Env> implements DirectoryRpc {
  readonly #service: DirectoryService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#service = new DirectoryService(new DurableSqlStore(ctx.storage));
  }

  enter(entry: DirectoryEntry) {
    return this.#service.enter(entry);
  }

  leave(orgId: string) {
    return this.#service.leave(orgId);
  }

  claimIssuer(orgId: string, issuer: Issuer) {
    return this.#service.claimIssuer(orgId, issuer);
  }

  releaseIssuer(orgId: string, issuer: string, audience: string) {
    return this.#service.releaseIssuer(orgId, issuer, audience);
  }

  findIssuer(issuer: string, audiences: readonly string[]) {
    return this.#service.findIssuer(issuer, audiences);
  }

  admitSignup(request: SignupRequest) {
    return this.#service.admitSignup(request);
  }

  list(page: DirectoryPage) {
    return this.#service.list(page);
  }

  listClusters(page: DirectoryPage) {
    return this.#service.listClusters(page);
  }
}
