import type { DeadLetterBatch, DeadLetterDoor, DeadLetterProducer } from '../../groups/share/dead-letter.ts';
import type { SourceLog } from '../../groups/share/share-partition-service.ts';
import type { SharePartitionRef } from '../../groups/share/share-ref.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { Edge } from '../edge.ts';
import { DeadLetterWriter } from './dead-letter-writer.ts';
import { ShareSource } from './share-source.ts';

/**
 * The log as a share partition's object reaches it: through an edge of its own cluster, which it learns from its calls.
 * The object has checked that they mean it.
 */
export class SharePartitionEdge implements SourceLog, DeadLetterDoor {
  readonly #edgeOf: (cluster: ClusterRef) => Edge;
  #made: { readonly clusterId: string; readonly source: ShareSource; readonly letters: DeadLetterWriter } | null = null;

  constructor(edgeOf: (cluster: ClusterRef) => Edge) {
    this.#edgeOf = edgeOf;
  }

  ends(ref: SharePartitionRef, topic: string) {
    return this.#of(ref).source.ends(ref, topic);
  }

  offsetAt(ref: SharePartitionRef, topic: string, timestampMs: number) {
    return this.#of(ref).source.offsetAt(ref, topic, timestampMs);
  }

  target(ref: SharePartitionRef, topic: string) {
    return this.#of(ref).letters.target(ref, topic);
  }

  newProducer(ref: SharePartitionRef) {
    return this.#of(ref).letters.newProducer(ref);
  }

  append(source: Parameters<DeadLetterDoor['append']>[0], producer: DeadLetterProducer, batch: DeadLetterBatch) {
    return this.#of(source.ref).letters.append(source, producer, batch);
  }

  #of({ orgId, clusterId }: SharePartitionRef) {
    if (this.#made?.clusterId !== clusterId) {
      const edge = this.#edgeOf({ orgId, clusterId });
      this.#made = { clusterId, source: new ShareSource(edge), letters: new DeadLetterWriter(edge) };
    }
    return this.#made;
  }
}
