import type { ProduceBatchResponse } from '../../../contracts/rest-proxy-records.ts';
import { type Failed, ok, type Result } from '../../../errors/result.ts';
import { scanMembers } from '../../../json/json-object.ts';
import { JsonScanner, type JsonSpan } from '../../../json/json-scanner.ts';
import { decodeUtf8Lossily } from '../../../json/utf8-text.ts';
import { mediaTypes, requestMediaType } from '../../media-types.ts';
import { metrics } from '../../metrics.ts';
import { readBody } from '../../request-body.ts';
import { toRestError } from '../error-codes.ts';
import { spanOf, stringAt } from '../json-fields.ts';
import { refused } from '../refusal.ts';
import { restAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { produceRequests } from './produced-record.ts';
import { type RecordRequest, readRecordRequest } from './record-request.ts';
import { topicOf } from './resource.ts';

/** As many entries as the REST Proxy takes in one batch. */
const maxEntries = 10;

/** What may stand as the id of an entry. */
const entryId = /^[A-Za-z0-9_-]{1,80}$/;

type Entry = { readonly id: string; readonly request: Result<RecordRequest> };

/** Takes up to ten records under ids of the caller's choice; 207 says under each id what became of it. */
const produceBatch: RestHandler = async (call) => {
  const type = requestMediaType(call.request.headers, [mediaTypes.json]);
  if (!type.ok) return type;
  const body = await readBody(call.request);
  if (!body.ok) return body;
  const entries = readEntries(body.value);
  if (!entries.ok) return entries;
  const route = await call.services.routes.find(topicOf(call));
  if (!route.ok) return route;
  metrics.count('millrace_bytes_in_total', {}, body.value.length);
  return restAnswer(call, await answerTo(call, entries.value), 207);
};

export const recordBatchHandlers = { produceBatch } as const;

async function answerTo(call: RestCall, entries: readonly Entry[]): Promise<ProduceBatchResponse> {
  const results = await produceRequests(
    call,
    entries.map(({ request }) => request),
  );
  const named = entries.map(({ id }, index) => ({ id, result: results[index]! }));
  return {
    successes: named.flatMap(({ id, result }) => (result.ok ? [{ id, ...result.value }] : [])),
    failures: named.flatMap(({ id, result }) => (result.ok ? [] : [{ id, ...toRestError(result.error, 'v3').body }])),
  };
}

/** Produce batch error: nothing of the batch was tried. */
const badBatch = (problem: string): Failed => refused(42_208, 'INVALID_REQUEST', `Produce batch error: ${problem}.`);

function readEntries(body: Uint8Array): Result<readonly Entry[]> {
  const members = scanMembers(body);
  if (!members.ok) return members;
  const unknown = [...members.value.keys()].find((name) => name !== 'entries');
  if (unknown !== undefined) return badBatch(`there is no field ${JSON.stringify(unknown.slice(0, 64))}`);
  const span = spanOf(body, members.value, 'entries');
  if (span === null) return badBatch('entries is missing');
  const scanner = new JsonScanner(body, span.start, span.end);
  if (!scanner.enterArray()) return badBatch('entries must be an array');
  const entries: Entry[] = [];
  for (let isFirst = true; scanner.nextElement(isFirst); isFirst = false) {
    if (entries.length === maxEntries) return badBatch(`entries has more than ${maxEntries}`);
    const start = scanner.position;
    if (!scanner.skipValue()) return scanner.failure();
    const entry = readEntry(body, { start, end: scanner.position }, entries.length);
    if (!entry.ok) return entry;
    if (entries.some(({ id }) => id === entry.value.id)) {
      return badBatch(`two entries have the id ${JSON.stringify(entry.value.id)}`);
    }
    entries.push(entry.value);
  }
  return entries.length === 0 ? badBatch('entries is empty') : ok(entries);
}

function readEntry(body: Uint8Array, span: JsonSpan, index: number): Result<Entry> {
  const text = body.subarray(span.start, span.end);
  const members = scanMembers(text);
  const idSpan = members.ok ? spanOf(text, members.value, 'id') : null;
  const id = idSpan === null ? null : stringAt(text, idSpan);
  const name = id === null ? '' : decodeUtf8Lossily(id);
  if (!entryId.test(name)) {
    return badBatch(`entries[${index}].id must have 1 to 80 letters, digits, hyphens and underscores`);
  }
  return ok({ id: name, request: readRecordRequest(text, 'id') });
}
