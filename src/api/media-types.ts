import { failed, ok, type Result } from '../errors/result.ts';

export const mediaTypes = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  batch: 'application/vnd.millrace.batch',
  problem: 'application/problem+json',
  eventStream: 'text/event-stream',
  html: 'text/html',
} as const;

/**
 * The request's media type, which must be one of `accepted`. A body without a Content-Type is taken as the first of
 * them only when `defaultToFirst` says so.
 */
export function requestMediaType<T extends string>(headers: Headers, accepted: readonly T[]): Result<T> {
  const header = headers.get('content-type');
  if (header === null) return failed('UNSUPPORTED_MEDIA_TYPE', `Content-Type is missing; send ${oneOf(accepted)}.`);
  for (const type of accepted) if (header === type) return ok(type);
  const [essence = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const type = accepted.find((candidate) => candidate === essence);
  if (type === undefined) {
    return failed(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Type "${header.slice(0, 200)}" is not taken here; send ${oneOf(accepted)}.`,
    );
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && charset.replaceAll('"', '') !== 'utf-8' && charset.replaceAll('"', '') !== 'utf8') {
    return failed('UNSUPPORTED_MEDIA_TYPE', `Charset ${charset.slice(0, 50)} is not taken; text is UTF-8 here.`);
  }
  return ok(type);
}

/** A header longer than this is no choice anyone made. */
const maxAcceptRanges = 32;

/**
 * Which of `offered` the caller prefers (RFC 9110 12.5.1): the highest q, and the earlier offer among equals. Without
 * an Accept header it is the first.
 */
export function negotiate<T extends string>(headers: Headers, offered: readonly [T, ...T[]]): Result<T> {
  const header = headers.get('accept');
  if (header === null || header === '*/*' || header === offered[0]) return ok(offered[0]);
  const ranges = header.split(',', maxAcceptRanges).map(parseRange);
  let best: T | null = null;
  let bestQuality = 0;
  for (const type of offered) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) {
      best = type;
      bestQuality = quality;
    }
  }
  if (best !== null) return ok(best);
  return failed(
    'NOT_ACCEPTABLE',
    `Accept "${header.slice(0, 200)}" names nothing this route can answer with; it has ${oneOf(offered)}.`,
  );
}

type Range = { readonly type: string; readonly subtype: string; readonly quality: number };

function parseRange(text: string): Range {
  const [essence = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type = '', subtype = ''] = essence.split('/');
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const parsed = quality === undefined ? 1 : Number(quality.slice(2));
  return { type, subtype, quality: parsed >= 0 && parsed <= 1 ? parsed : 0 };
}

/** The most specific range that covers the type decides. */
function qualityOf(offered: string, ranges: readonly Range[]): number {
  const [type = '', subtype = ''] = offered.split('/');
  let quality = 0;
  let specificity = -1;
  for (const range of ranges) {
    const covers =
      range.type === '*'
        ? range.subtype === '*'
        : range.type === type && (range.subtype === '*' || range.subtype === subtype);
    const level = range.type === '*' ? 0 : range.subtype === '*' ? 1 : 2;
    if (covers && level > specificity) {
      specificity = level;
      quality = range.quality;
    }
  }
  return quality;
}

function oneOf(types: readonly string[]): string {
  return types.length === 1 ? `${types[0]}` : `one of ${types.join(', ')}`;
}
