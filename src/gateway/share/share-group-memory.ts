import { ok, type Result } from '../../errors/result.ts';
import type { ShareGroup, ShareGroupRpc } from '../../groups/share/share-group-rpc.ts';
import type { ShareGroupRef } from '../../groups/share/share-ref.ts';
import type { Clock } from '../../platform/clock.ts';

/** A share group is not asked for again this long: what changes meanwhile is noticed a moment later. */
const lifetimeMs = 5_000;

/** Share groups an isolate remembers; beyond it the memory starts anew. */
const rememberedGroups = 5_000;

/** Which share groups there are, as one isolate remembers it. It outlives a request. */
export class ShareGroupMemory {
  readonly #clock: Clock;
  readonly #groups = new Map<string, { readonly group: ShareGroup; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async find(groups: ShareGroupRpc, ref: ShareGroupRef): Promise<Result<ShareGroup>> {
    const key = JSON.stringify([ref.clusterId, ref.groupId]);
    const known = this.#groups.get(key);
    const nowMs = this.#clock.nowMs();
    if (known !== undefined && known.untilMs > nowMs) return ok(known.group);
    const found = await groups.find(ref);
    if (!found.ok) return found;
    if (this.#groups.size >= rememberedGroups) this.#groups.clear();
    this.#groups.set(key, { group: found.value, untilMs: nowMs + lifetimeMs });
    return found;
  }

  forget(ref: ShareGroupRef): void {
    this.#groups.delete(JSON.stringify([ref.clusterId, ref.groupId]));
  }
}
