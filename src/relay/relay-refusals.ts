import { type Failure, failed } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** In UTF-8, where a UTF-16 unit takes from one to three bytes: most texts need not be encoded to know. */
export function isLongerThan(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes;
}

export const tooMuchCredit = (creditBytes: number): Failure =>
  failed(
    'INVALID_REQUEST',
    `A subscription holds ${limits.subscriptionCreditBytes.max} bytes of credit at most, and this one has ${creditBytes}; grant what was used.`,
    { credit: creditBytes, max: limits.subscriptionCreditBytes.max },
  ).error;

export const noBytes: Failure = failed(
  'INVALID_REQUEST',
  'Field "bytes" of the credit frame is missing: how many bytes more may be sent. Only share groups count "records".',
  { field: 'bytes' },
).error;

export const noSubscription = (id: string): Failure =>
  failed('INVALID_REQUEST', `This socket has no subscription "${id}".`).error;
