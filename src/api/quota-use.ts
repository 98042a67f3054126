import type { QuotaUse } from '../authorization/quota-gate.ts';
import { limits } from '../limits.ts';
import type { OperationAuthorization } from './openapi/authorization.ts';

/** Operations whose body is records; the REST Proxy's begin with their version. */
export const takingRecords: ReadonlySet<string> = new Set([
  'produceRecords',
  'produceInTransaction',
  'v2.produceToTopic',
  'v2.produceToPartition',
  'v3.produceRecords',
  'v3.produceBatch',
]);

/** Operations whose answer is records. */
export const answeringRecords: ReadonlySet<string> = new Set([
  'readRecords',
  'searchRecords',
  'streamRecords',
  'groupConsume',
  'acquireShared',
  'v2.readRecords',
]);

/** Those whose answer comes out of a relay, which counts what it sends. */
export const answeringPushed: ReadonlySet<string> = new Set(['streamRecords']);

/**
 * What a request counts against quotas; null for what never does: the operator's, and those about the organization
 * itself, so that who is held back can still see why and change it.
 */
export function quotaUseOf(
  id: string,
  authorization: OperationAuthorization,
  request: Request,
  parameter: (name: string) => string,
): QuotaUse | null {
  const { kind } = authorization;
  if (kind === 'public' || kind === 'operator') return null;
  if (kind === 'access' && authorization.resourceType === 'ORGANIZATION') return null;
  return {
    topic: topicOf(authorization, parameter),
    requests: 1,
    produceBytes: takingRecords.has(id) ? bodyBytes(request) : 0,
    isFetch: answeringRecords.has(id),
  };
}

/** The topic that an operation's path names; null when it is about none, or names them in its body. */
export function topicOf(authorization: OperationAuthorization, parameter: (name: string) => string): string | null {
  if (authorization.kind !== 'access' || authorization.resourceType !== 'TOPIC') return null;
  return 'parameter' in authorization.resource ? parameter(authorization.resource.parameter) : null;
}

/** A body whose length nobody says counts as the largest there may be: it must not be a way around the quota. */
function bodyBytes(request: Request): number {
  const declared = request.headers.get('content-length');
  if (declared === null) return request.body === null ? 0 : limits.requestBodyBytes.value;
  return /^\d{1,15}$/.test(declared) ? Number(declared) : limits.requestBodyBytes.value;
}

/** Counts the bytes of an answer as they leave; `spend` is called with each piece. */
export function meteredAnswer(answer: Response, spend: (bytes: number) => void): Response {
  if (answer.body === null || answer.status >= 300 || answer.status < 200) return answer;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      spend(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  return new Response(answer.body.pipeThrough(counter), answer);
}
