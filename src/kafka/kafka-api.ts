import { ok, type Result } from '../errors/result.ts';
import type { PartitionNews } from '../gateway/partition-news.ts';
import type { BrokerList, KafkaServices } from './kafka-services.ts';
import type { ProduceLanes } from './produce-lanes.ts';
import type { ByteWriter } from './wire/byte-writer.ts';
import type { MessageCodec } from './wire/message-codec.ts';
import type { Fields, ReadOf, WriteOf } from './wire/schema.ts';

/** What belongs to one connection and outlives a request. */
export type KafkaSession = {
  readonly brokers: BrokerList;
  readonly lanes: ProduceLanes;
  readonly news: PartitionNews;
};

/** One request, as its handler sees it. */
export type KafkaCall = {
  readonly services: KafkaServices;
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
  isFlexible(version: number): boolean;
  /**
   * Writes the answer to the request in `body`, or answers false when the client wants none. Fails when the bytes are
   * no such request; what goes wrong otherwise is in the answer.
   */
  answer(call: KafkaCall, body: Uint8Array, writer: ByteWriter): Promise<Result<boolean>>;
};

export type VersionSpan = { readonly min: number; readonly max: number };

type Definition<Request extends Fields, Response extends Fields> = {
  readonly key: number;
  readonly name: string;
  readonly versions: VersionSpan;
  readonly advertised?: VersionSpan;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
  /** Null when the client wants no answer. */
  readonly handle: (call: KafkaCall, request: ReadOf<Request>) => Promise<WriteOf<Response> | null>;
};

/** Puts an API together out of its messages and its handler. */
export function kafkaApi<Request extends Fields, Response extends Fields>(
  definition: Definition<Request, Response>,
): KafkaApi {
  const { key, name, versions, advertised = versions, request, response, handle } = definition;
  return {
    key,
    name,
    versions,
    advertised,
    isFlexible: (version) => request.isFlexible(version),
    async answer(call, body, writer) {
      const decoded = request.decode(body, call.version);
      if (!decoded.ok) return decoded;
      const answer = await handle(call, decoded.value);
      if (answer !== null) response.write(writer, call.version, answer);
      return ok(answer !== null);
    },
  };
}
