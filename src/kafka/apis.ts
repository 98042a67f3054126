import { apiVersionsApi } from './handlers/api-versions.ts';
import { fetchApi } from './handlers/fetch.ts';
import { listOffsetsApi } from './handlers/list-offsets.ts';
import { metadataApi } from './handlers/metadata.ts';
import { produceApi } from './handlers/produce.ts';
import type { KafkaApi } from './kafka-api.ts';

const apis: readonly KafkaApi[] = [produceApi, fetchApi, listOffsetsApi, metadataApi, apiVersionsApi(() => apis)];

/** Every API that is spoken, by its key: what is advertised is exactly what is here. */
export const kafkaApis: ReadonlyMap<number, KafkaApi> = new Map(apis.map((api) => [api.key, api]));
