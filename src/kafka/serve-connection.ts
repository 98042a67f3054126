import type { Principal } from '../authorization/principal.ts';
import type { ConnectionAuthority } from '../authorization/principal-authority.ts';
import type { Result } from '../errors/result.ts';
import type { SaslCredentials } from '../gateway/credentials/sasl-credentials.ts';
import { PartitionNews } from '../gateway/partition-news.ts';
import type { Clock } from '../platform/clock.ts';
import { kafkaApis } from './apis.ts';
import type { ByteStream } from './connection/byte-stream.ts';
import { ConnectionMute } from './connection/connection-mute.ts';
import { ConnectionStanding } from './connection/connection-standing.ts';
import { KafkaConnection } from './connection/kafka-connection.ts';
import type { BrokerList, KafkaServices } from './kafka-services.ts';
import { ProduceLanes } from './produce-lanes.ts';
import { SaslSession } from './sasl/sasl-session.ts';
import type { ScramPorts } from './sasl/scram-exchange.ts';
import { ShareSessions } from './share/share-sessions.ts';

/** The platform as every Kafka connection comes to it. */
export type KafkaPlatform = {
  /** What may be called on behalf of a principal: its cluster, and no other. */
  readonly servicesOf: (principal: Principal) => KafkaServices;
  readonly credentials: SaslCredentials;
  readonly scram: ScramPorts;
  readonly authority: ConnectionAuthority;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** Told of every access that was refused; `action` is `kafka.` and the API's name. */
  readonly refused: (principal: Principal, action: string, resource: string) => void;
  /** Lets work go on after a connection is over. */
  readonly keepAlive: (work: Promise<void>) => void;
  /** Told of what went wrong in a handler, which is a bug. */
  readonly reportError: (error: unknown) => void;
};

/** What is known of a connection as it comes. */
export type KafkaArrival = {
  readonly brokers: BrokerList;
  /** Everyone on an open platform, or whom the WebSocket's credential stands for; null for who has yet to say. */
  readonly principal: Principal | null;
  /** The address it comes from; absent where the platform cannot tell. */
  readonly host?: string | undefined;
  /** Is given what to call when the organization says that rights were taken; absent where nobody would hear of it. */
  readonly onRightsTaken?: (lookAgain: () => Promise<Result<boolean>>) => void;
};

/** Speaks Kafka's protocol on a stream of bytes until either side ends it. */
export async function serveKafkaConnection(
  platform: KafkaPlatform,
  { brokers, principal, host, onRightsTaken }: KafkaArrival,
  stream: ByteStream,
): Promise<void> {
  const { servicesOf, credentials, scram, authority, clock, pause, refused, keepAlive, reportError } = platform;
  const nowMs = () => clock.nowMs();
  const onOver = () => stream.destroy();
  const standing = new ConnectionStanding({ authority, nowMs, servicesOf, keepAlive, onOver });
  onRightsTaken?.(() => standing.lookAgain());
  if (principal !== null && !(await standing.admit(principal)).ok) return stream.destroy();
  const enter = (found: Principal) => standing.admit(found.kind === 'anonymous' ? found : { ...found, host });
  // What outlives a request asks for the services anew: what the principal may do can change under the connection.
  const session = {
    brokers,
    lanes: new ProduceLanes(() => standing.requireServices()),
    news: new PartitionNews({ call: (...call) => standing.requireServices().partitions.call(...call) }),
    sasl: new SaslSession({ credentials, scram, pause, enter }),
    mute: new ConnectionMute({ clock, pause }),
    refused,
    shares: new ShareSessions(nowMs),
    lifetimeMs: () => standing.lifetimeMs(),
  };
  await new KafkaConnection({ standing, session, apis: kafkaApis, nowMs, reportError }, stream).serve();
  standing.left();
  await session.shares.close().catch(reportError);
}
