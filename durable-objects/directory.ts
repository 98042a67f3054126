import { DurableObject } from 'cloudflare:workers';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import type { DirectoryEntry, DirectoryPage, DirectoryRpc } from '../src/tenancy/directory-rpc.ts';
import { DirectoryService } from '../src/tenancy/directory-service.ts';

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

  list(page: DirectoryPage) {
    return this.#service.list(page);
  }

  listClusters(page: DirectoryPage) {
    return this.#service.listClusters(page);
  }
}
