import type { RelayDoor } from '../../relay/ports.ts';
import { relayObjectName } from '../../relay/relay-object-name.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { Env } from './env.ts';

/** {@link RelayDoor} over the relays of one cluster: each socket goes to one of them by chance. */
export class DurableRelayDoor implements RelayDoor {
  readonly #env: Env;
  readonly #cluster: ClusterRef;
  readonly #shardCount: number;

  constructor(env: Env, cluster: ClusterRef, shardCount: number) {
    this.#env = env;
    this.#cluster = cluster;
    this.#shardCount = shardCount;
  }

  connect(request: Request): Promise<Response> {
    const shard = Math.floor(Math.random() * this.#shardCount);
    return this.#env.RELAY.getByName(relayObjectName({ cluster: this.#cluster, shard })).fetch(request);
  }
}
