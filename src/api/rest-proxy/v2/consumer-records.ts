import { failed, ok, type Result } from '../../../errors/result.ts';
import { limits } from '../../../limits.ts';
import { relaySignal } from '../../v1/record-signal.ts';
import { embeddedType, formatOfType } from '../media-types.ts';
import { refused } from '../refusal.ts';
import { restTextAnswer } from '../rest-answer.ts';
import type { RestCall, RestHandler } from '../rest-call.ts';
import { instanceOf } from './instance-call.ts';
import { renderConsumedRecords } from './render-consumed-records.ts';

const readRecords: RestHandler = async (call) => {
  const query = readQuery(call);
  if (!query.ok) return query;
  const { groups, relays } = call.services;
  const read = await groups.instances.read(
    {
      ...instanceOf(call),
      ...query.value,
      check: ({ config: { format } }) => checkFormat(call, format),
      render: (fetched, { config }) => renderConsumedRecords(fetched, config.format, query.value.maxBytes),
    },
    relaySignal(relays),
  );
  if (!read.ok) return read;
  const { text, records, format } = read.value;
  call.sent(records, new TextEncoder().encode(text).length);
  return restTextAnswer({ ...call, contentType: answerType(call, format) }, text);
};

export const consumerRecordHandlers = { readRecords } as const;

/** A type without a format stands for binary; whoever takes anything takes what the instance has. */
function checkFormat(call: RestCall, format: string): Result<null> {
  const accept = call.request.headers.get('accept');
  if (accept === null || /(^|,)\s*\*\/\*/.test(accept) || formatOfType(call.contentType) === format) return ok(null);
  return refused(
    40_601,
    'NOT_ACCEPTABLE',
    `The requested embedded data format does not match the deserializer for this consumer instance; accept ${format === 'json' ? embeddedType('json') : embeddedType('binary')}.`,
  );
}

/** Without a wish of the caller's, the type that says the format. */
function answerType({ request, contentType }: RestCall, format: 'binary' | 'json'): string {
  const isChosen = formatOfType(contentType) === format && request.headers.get('accept') !== null;
  return isChosen ? contentType : embeddedType(format);
}

type ReadQuery = { readonly waitMs: number | null; readonly maxBytes: number };

/** -1 stands for the default in both, and what is beyond a bound is taken for the bound. */
function readQuery(call: RestCall): Result<ReadQuery> {
  const parameters = new URL(call.request.url).searchParams;
  const timeout = parameters.get('timeout') ?? '-1';
  const maxBytes = parameters.get('max_bytes') ?? '-1';
  for (const [name, text] of [
    ['timeout', timeout],
    ['max_bytes', maxBytes],
  ]) {
    if (!/^-?\d{1,19}$/.test(text ?? '')) return failed('INVALID_REQUEST', `${name} must be a whole number.`);
  }
  const bytes = Number(maxBytes);
  return ok({
    waitMs: Number(timeout) < 0 ? null : Math.min(Number(timeout), limits.readWaitMs.max),
    maxBytes: bytes <= 0 ? limits.readBytes.max : Math.min(bytes, limits.readBytes.max),
  });
}
