import { requestHeader } from '../messages/headers.ts';
import { ByteReader } from '../wire/byte-reader.ts';

/** API key, version, correlation id and the length of the client id: no request is shorter. */
export const minRequestBytes = 10;

/** The part of a request that all have in common. */
export type RequestHead = {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string;
  /** A view of what follows. */
  readonly body: Uint8Array;
};

/** The API and the version come first in every frame, and say how the rest of the header is written. */
export function peekApi(frame: Uint8Array): { readonly apiKey: number; readonly version: number } {
  const reader = new ByteReader(frame, 0);
  return { apiKey: reader.int16(), version: reader.int16() };
}

/** Reads a request's header; null when it is none. */
export function readRequestHead(frame: Uint8Array, isFlexible: boolean): RequestHead | null {
  // Tagged fields of the header are counted like elements, and there are none that we know.
  const reader = new ByteReader(frame, 0);
  const header = requestHeader.read(reader, isFlexible ? 2 : 1);
  if (reader.failed) return null;
  return {
    apiKey: header.requestApiKey,
    version: header.requestApiVersion,
    correlationId: header.correlationId,
    clientId: header.clientId ?? '',
    body: frame.subarray(reader.at),
  };
}
