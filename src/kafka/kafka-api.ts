import type { Principal } from '../authorization/principal.ts';
import { assert } from '../errors/assert.ts';
import { ok, type Result } from '../errors/result.ts';
import type { PartitionNews } from '../gateway/partition-news.ts';
import type { ConnectionMute } from './connection/connection-mute.ts';
import type { BrokerList, KafkaServices } from './kafka-services.ts';
import type { ProduceLanes } from './produce-lanes.ts';
import { refusalIn } from './refusal-in-answer.ts';
import { RequestQuotas } from './request-quotas.ts';
import type { SaslSession } from './sasl/sasl-session.ts';
import type { ShareSessions } from './share/share-sessions.ts';
import type { ByteWriter } from './wire/byte-writer.ts';
import type { MessageCodec } from './wire/message-codec.ts';
import type { Fields, ReadOf, WriteOf } from './wire/schema.ts';

/** What belongs to one connection and outlives a request. */
export type KafkaSession = {
  readonly brokers: BrokerList;
  readonly lanes: ProduceLanes;
  readonly news: PartitionNews;
  readonly sasl: SaslSession;
  readonly mute: ConnectionMute;
  readonly shares: ShareSessions;
  /** When the credential that the connection speaks for ends, in ms from now; null when it does not by itself. */
  lifetimeMs(): number | null;
  /** Told of what was refused to the principal, for its organization's audit log. */
  readonly refused: (principal: Principal, action: string, resource: string) => void;
};

/** One request, as its handler sees it. */
export type KafkaCall = OpeningCall & { readonly services: KafkaServices; readonly quotas: RequestQuotas };

/** One request of an API that is answered before it is known who asks. */
export type OpeningCall = {
  readonly session: KafkaSession;
  readonly version: number;
  /** As the client calls itself; empty when it does not. */
  readonly clientId: string;
};

/** An API of the protocol: which versions of it are spoken, and what answers it. */
export type KafkaApi = {
  readonly key: number;
  readonly name: string;
  readonly versions: VersionSpan;
  /** What ApiVersions says of it, where that is more than is spoken. */
  readonly advertised: VersionSpan;
  /** False for what a client may ask before it has said who it is. */
  readonly needsPrincipal: boolean;
  isFlexible(version: number): boolean;
  /**
   * Writes the answer to the request in `body`, or answers false when the client wants none. Fails when the bytes are
   * no such request; what goes wrong otherwise is in the answer.
   */
  answer(call: ArrivingCall, body: Uint8Array, writer: ByteWriter): Promise<Result<boolean>>;
};

/** A request as it arrives; there are no services while nobody has said who asks. */
export type ArrivingCall = OpeningCall & { readonly services: KafkaServices | null };

export type VersionSpan = { readonly min: number; readonly max: number };

type Definition<Call, Request extends Fields, Response extends Fields> = {
  readonly key: number;
  readonly name: string;
  readonly versions: VersionSpan;
  readonly advertised?: VersionSpan;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
  /** Set where the handler itself counts the request, in its turn. */
  readonly takesTurns?: true;
  /** Null when the client wants no answer. */
  readonly handle: (call: Call, request: ReadOf<Request>) => Promise<WriteOf<Response> | null>;
};

/** Puts an API together out of its messages and its handler. */
export function kafkaApi<Request extends Fields, Response extends Fields>(
  definition: Definition<KafkaCall, Request, Response>,
): KafkaApi {
  const { handle, takesTurns } = definition;
  const handleCounted: typeof handle = async (call, request) => {
    if (takesTurns !== true) await call.quotas.begin();
    const answer = await handle(call, request);
    const throttleTimeMs = await call.quotas.throttleMs();
    // Almost every answer has the field; those that have not leave it out.
    return answer === null || throttleTimeMs === 0 ? answer : { ...answer, throttleTimeMs };
  };
  return apiOf({ ...definition, handle: (call, request) => handleCounted(withServices(call), request) }, true);
}

/** As {@link kafkaApi}, of an API that is answered whoever asks: what a client has to know before it can say who it is. */
export function openingApi<Request extends Fields, Response extends Fields>(
  definition: Definition<OpeningCall, Request, Response>,
): KafkaApi {
  return apiOf(definition, false);
}

function apiOf<Request extends Fields, Response extends Fields>(
  definition: Definition<ArrivingCall, Request, Response>,
  needsPrincipal: boolean,
): KafkaApi {
  const { key, name, versions, advertised = versions, request, response, handle } = definition;
  return {
    key,
    name,
    versions,
    advertised,
    needsPrincipal,
    isFlexible: (version) => request.isFlexible(version),
    async answer(call, body, writer) {
      const decoded = request.decode(body, call.version);
      if (!decoded.ok) return decoded;
      const answer = await handle(call, decoded.value);
      noteRefusal(call, name, answer);
      if (answer !== null) response.write(writer, call.version, answer);
      return ok(answer !== null);
    },
  };
}

/** Everyone may do everything on an open platform, so nothing is looked for there. */
function noteRefusal({ services, session }: ArrivingCall, name: string, answer: unknown): void {
  if (services === null || services.principal.kind === 'anonymous') return;
  const resource = refusalIn(answer);
  if (resource !== null) session.refused(services.principal, `kafka.${name}`, resource);
}

function withServices({ services, ...call }: ArrivingCall): KafkaCall {
  assert(services !== null, 'an API that needs a principal is asked by nobody else');
  return { ...call, services, quotas: new RequestQuotas(services, call.session.mute) };
}
