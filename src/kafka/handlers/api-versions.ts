import { errorTable } from '../../errors/error-codes.ts';
import { finalizedFeatures, supportedFeatures } from '../features.ts';
import { type KafkaApi, openingApi } from '../kafka-api.ts';
import { apiVersionsRequest, apiVersionsResponse } from '../messages/api-versions.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { noError } from '../wire-error.ts';

/** Kafka's number of the API that all others are found by; its answers never have a flexible header (KIP-511). */
export const apiVersionsKey = 18;

/** They never change while clients are connected. */
const finalizedFeaturesEpoch = 0;

/** ApiVersions over the APIs that are spoken, itself included. */
export function apiVersionsApi(others: () => readonly KafkaApi[]): KafkaApi {
  return openingApi({
    key: apiVersionsKey,
    name: 'ApiVersions',
    versions: { min: 0, max: 4 },
    request: apiVersionsRequest,
    response: apiVersionsResponse,
    handle: async ({ version }) => ({
      errorCode: noError,
      apiKeys: spanned(others()),
      supportedFeatures: supportedFeatures(version),
      finalizedFeatures: finalizedFeatures(),
      finalizedFeaturesEpoch,
    }),
  });
}

/** The answer to a version that is not spoken: in version 0, which every client can read, so that it tries another. */
export function writeUnsupportedVersion(writer: ByteWriter, apis: readonly KafkaApi[]): void {
  const errorCode = errorTable.UNSUPPORTED_VERSION.number;
  apiVersionsResponse.write(writer, 0, { errorCode, apiKeys: spanned(apis) });
}

const spanned = (apis: readonly KafkaApi[]) =>
  apis.map(({ key, advertised }) => ({ apiKey: key, minVersion: advertised.min, maxVersion: advertised.max }));
