import type { Principal } from '../authorization/principal.ts';
import type { PrincipalAuthority } from '../authorization/principal-authority.ts';
import type { QuotaGate } from '../authorization/quota-gate.ts';
import type { RecordKeyMatcher } from '../authorization/record-key-rules.ts';
import type { ValueRendering } from '../contracts/record-json.ts';
import type { ProduceResult } from '../contracts/records.ts';
import type { Result } from '../errors/result.ts';
import type { PartitionEnds } from '../gateway/partition-ends.ts';
import type { PartitionCaller, TopicRoutes } from '../gateway/ports.ts';
import type { ShareConsumer } from '../gateway/share/share-consumer.ts';
import type { TieredReader } from '../gateway/tiered-reader.ts';
import type { UsageMeter } from '../gateway/usage/edge-usage.ts';
import type { GroupRpc } from '../groups/group-rpc.ts';
import type { ShareGroupRpc } from '../groups/share/share-group-rpc.ts';
import type { ProduceRecord } from '../json/produce-record.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';

/** An accepted socket as the platform holds it, whether or not the relay is in memory. */
export interface RelaySocket {
  /** False when the socket is gone; it is then of no more use. */
  send(text: string): boolean;
  close(code: number, reason: string): void;
  /** Up to 16 KiB that stay with the socket while the relay is not in memory; null before the first are set. */
  attachment: Uint8Array | null;
  /** When the platform last answered a ping for it without waking the relay; null when it never did. */
  readonly lastPingMs: number | null;
}

/** Stores records; results are in request order, and a failure means that none was tried. */
export interface RecordProducer {
  produce(topic: string, records: readonly ProduceRecord[]): Promise<Result<readonly ProduceResult[]>>;
}

export type RenderRequest = {
  readonly partition: number;
  /** Only records at or above this offset, */
  readonly from: number;
  /** and below this one. */
  readonly to: number;
  readonly as: ValueRendering;
  /** Only records whose keys it takes are shown; the others' offsets are covered all the same. */
  readonly keys: RecordKeyMatcher | null;
  /** Rendering stops before the record that would go beyond it; the first record always comes. */
  readonly maxTextBytes: number;
};

export type RenderedRecords = {
  /** How many are in the text. */
  readonly count: number;
  /** Record objects joined by commas, without brackets. */
  readonly text: string;
  /** Bytes of `text` in UTF-8. */
  readonly textBytes: number;
  /** The offset after the last one covered: the request's `to`, or less when `maxTextBytes` cut it short. */
  readonly to: number;
};

/** Renders the records of whole batches, back to back, as JSON; CORRUPT_MESSAGE and the like when they cannot be read. */
export type RenderRecords = (batches: Uint8Array, request: RenderRequest) => Result<RenderedRecords>;

/** What a relay needs of the platform and of the domains around it. */
export type RelayPorts = {
  /** The relay's object name, as partitions call it. */
  readonly relay: string;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  /** Reads what partitions have moved to objects. */
  readonly tiered: TieredReader;
  readonly producer: RecordProducer;
  readonly render: RenderRecords;
  /** The sockets that are open now, asked once, when the relay comes into memory. */
  readonly openSockets: () => readonly RelaySocket[];
  /** Resolves after that many milliseconds; used between retries only, so that an idle relay has no timer. */
  readonly pause: (ms: number) => Promise<void>;
  /** Keeps the relay in memory until `work` is done. */
  readonly keepAlive: (work: Promise<void>) => void;
  readonly groups: RelayGroupPorts;
  readonly principals: RelayPrincipalPorts;
  readonly quotas: QuotaGate;
  readonly usage: UsageMeter;
  readonly shares: RelaySharePorts;
};

/** How a relay finds out who its sockets' clients are. */
export type RelayPrincipalPorts = {
  readonly authority: PrincipalAuthority;
  /** Whom a credential in an `auth` frame stands for. SASL_AUTHENTICATION_FAILED. */
  readonly resolve: (token: string) => Promise<Result<Principal>>;
  /** Told of what a principal was refused on a socket, for its organization's audit log. */
  readonly refused: (principal: Principal, action: string, resource: string) => void;
};

/** What a relay needs to work in share groups on behalf of its sockets. */
export type RelaySharePorts = {
  readonly consumer: Pick<ShareConsumer, 'acquire' | 'acknowledge'>;
  readonly groups: Pick<ShareGroupRpc, 'leave'>;
};

/** What a relay needs to be a member of consumer groups on behalf of its sockets. */
export type RelayGroupPorts = {
  readonly cluster: ClusterRef;
  readonly rpc: GroupRpc;
  readonly ends: PartitionEnds;
  readonly clock: Clock;
  readonly newMemberId: () => string;
};

/** How an edge reaches a relay. */
export interface RelayDoor {
  /**
   * Hands a socket's handshake, on behalf of the principal whose door this is, to one of the cluster's relays, and
   * answers its 101. `topic` is the one that the client's path named, or null. LIMIT_REACHED when the principal has too
   * many rules to be kept with a socket.
   */
  connect(handshake: Request, topic: string | null): Promise<Result<Response>>;
}
