import { failed, type Result } from '../../../errors/result.ts';
import { type ConcatenatedItem, ConcatenatedJson } from '../../../json/concatenated-json.ts';
import { limits } from '../../../limits.ts';
import { mediaTypes, requestMediaType } from '../../media-types.ts';
import { metrics } from '../../metrics.ts';
import { thrownFailure } from '../../problem.ts';
import { readBody } from '../../request-body.ts';
import { toRestError } from '../error-codes.ts';
import { restTextAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { produceRequests } from './produced-record.ts';
import { badRequest, readRecordRequest } from './record-request.ts';
import { pumpAnswers } from './record-stream.ts';
import { topicOf } from './resource.ts';

/**
 * Takes records as JSON objects one after the other and answers each with an object of its own, in the same order. The
 * answer is 200 whatever becomes of them: each says itself. A body of declared length is read whole; of any other, each
 * record is answered as it comes, while the request stays open.
 */
const produceRecords: RestHandler = async (call) => {
  const { headers, body } = call.request;
  const type = requestMediaType(headers, [mediaTypes.json]);
  if (!type.ok) return type;
  const declared = headers.get('content-length');
  if (body === null || declared === '0') return badRequest('the body is empty; send at least one record');
  const route = await call.services.routes.find(topicOf(call));
  if (!route.ok) return route;
  return declared !== null && Number(declared) <= limits.requestBodyBytes.value
    ? answerWhole(call)
    : answerStream(call, body);
};

export const recordHandlers = { produceRecords } as const;

const encoder = new TextEncoder();

async function answerWhole(call: RestCall): Promise<Result<Response>> {
  const body = await readBody(call.request);
  if (!body.ok) return body;
  metrics.count('millrace_bytes_in_total', {}, body.value.length);
  const reader = newReader();
  const items = [...reader.push(body.value), ...reader.end()];
  if (items.length === 0) return badRequest('the body has nothing but white space; send at least one record');
  const max = limits.recordsPerRequest.value;
  if (items.length > max) {
    return failed('RECORD_LIST_TOO_LARGE', `The body has ${items.length} records, ${max} are the most; stream them.`);
  }
  return restTextAnswer(call, (await answersTo(call, items)).trimEnd());
}

function answerStream(call: RestCall, body: ReadableStream<Uint8Array>): Result<Response> {
  const { readable, writable } = new IdentityTransformStream();
  const pumped = pumpAnswers(body, writable, newReader(), async (items) =>
    encoder.encode(await answersOrIncident(call, items)),
  );
  // Work that outlives the handler has to be announced; the answer ends with it.
  call.context?.waitUntil(pumped);
  return restTextAnswer(call, readable);
}

/** A stream that is under way has no other place to say that the platform failed. */
async function answersOrIncident(call: RestCall, items: readonly ConcatenatedItem[]): Promise<string> {
  try {
    return await answersTo(call, items);
  } catch (thrown) {
    const failure = thrownFailure(thrown, { method: call.request.method, route: 'records' });
    const { body } = toRestError(failure, 'v3');
    return `${JSON.stringify(body)}\n`.repeat(items.length);
  }
}

const newReader = () => new ConcatenatedJson(limits.streamedRecordBytes.value);

/** One line of JSON a record. */
async function answersTo(call: RestCall, items: readonly ConcatenatedItem[]): Promise<string> {
  const requests = items.map((item) => (item.kind === 'object' ? readRecordRequest(item.text) : item.failure));
  const results = await produceRequests(call, requests);
  const answers = results.map((result) =>
    JSON.stringify(result.ok ? { error_code: 200, ...result.value } : toRestError(result.error, 'v3').body),
  );
  return `${answers.join('\n')}\n`;
}
