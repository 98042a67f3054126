import type { Principal } from '../../authorization/principal.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { RelayDoor } from '../../relay/ports.ts';
import { relayObjectName } from '../../relay/relay-object-name.ts';
import { encodeRelayRequest } from '../../relay/relay-request.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { Env } from './env.ts';

/** {@link RelayDoor} of a principal over the relays of its cluster: each socket goes to one of them by chance. */
export class DurableRelayDoor implements RelayDoor {
  readonly #env: Env;
  readonly #cluster: ClusterRef;
  readonly #principal: Principal;
  readonly #shardCount: number;

  constructor(env: Env, principal: Principal, shardCount: number) {
    this.#env = env;
    this.#principal = principal;
    this.#cluster = { orgId: principal.orgId, clusterId: principal.clusterId };
    this.#shardCount = shardCount;
  }

  async connect(handshake: Request, topic: string | null): Promise<Result<Response>> {
    const request = encodeRelayRequest(handshake, topic, this.#principal);
    if (!request.ok) return request;
    const shard = Math.floor(Math.random() * this.#shardCount);
    const answer = await this.#env.RELAY.getByName(relayObjectName({ cluster: this.#cluster, shard })).fetch(
      request.value,
    );
    return ok(answer);
  }
}
