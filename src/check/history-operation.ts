import { failed, ok, type Result } from '../errors/result.ts';

/** How an operation ended: known to have taken effect, known not to have, or unknown. */
export const outcome = { ok: 0, failed: 1, unknown: 2 } as const;

/** What identifies a record: unique over the whole history. */
export type HistoryValue = number | string;

/**
 * How a send may behave beyond being stored once at most: `ordered` sends of one process stand in the order in which
 * they were invoked; `repeatable` ones may be stored more than once (no sequence and no key of idempotency).
 */
export type SendMode = 'ordered' | 'repeatable' | null;

/** A record was sent. `key` is the partition, `offset` where it was acknowledged; both null when not known. */
export type SendOperation = {
  readonly type: 'send';
  readonly process: string;
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly outcome: number;
  readonly key: string | null;
  readonly offset: number | null;
  readonly value: HistoryValue;
  readonly mode: SendMode;
  /** The record's own key, by which a compacted partition keeps the last one; null when it has none. */
  readonly recordKey: string | null;
};

/** Offsets `from` (inclusive) to `next` (exclusive) of a partition were read, and these records were there. */
export type PollOperation = {
  readonly type: 'poll';
  readonly process: string;
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly outcome: number;
  readonly key: string;
  readonly from: number;
  readonly records: readonly (readonly [offset: number, value: HistoryValue])[];
  readonly next: number;
  /** Polls of one process, key and assignment follow each other; a seek begins a new assignment. */
  readonly assignment: number;
};

/** The end of a partition was asked for. */
export type TailOperation = {
  readonly type: 'tail';
  readonly process: string;
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly outcome: number;
  readonly key: string;
  readonly tail: number;
};

/** A reader was told that the offsets `from` to `to` (exclusive) will not come, and why. */
export type GapOperation = {
  readonly type: 'gap';
  readonly process: string;
  readonly at: number;
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly assignment: number;
};

/** A rule of the topic (retention, DeleteRecords) removed everything below `start`. */
export type TrimOperation = {
  readonly type: 'trim';
  readonly at: number;
  readonly key: string;
  readonly start: number;
};

/** At the end this process read everything from `start` to `end` (exclusive); its polls say what was there. */
export type DumpOperation = {
  readonly type: 'dump';
  readonly process: string;
  readonly key: string;
  readonly start: number;
  readonly end: number;
};

/** The partition is compacted: of records with the same key only the last one must stay. */
export type CompactedOperation = { readonly type: 'compacted'; readonly key: string };

/** Faults, crashes of clients, the life of topics: context for a reader of the history, which no check needs. */
export type RemarkOperation = { readonly type: 'remark' };

export type HistoryOperation =
  | SendOperation
  | PollOperation
  | TailOperation
  | GapOperation
  | TrimOperation
  | DumpOperation
  | CompactedOperation
  | RemarkOperation;

const remark: RemarkOperation = { type: 'remark' };

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isValue = (value: unknown): value is HistoryValue => isText(value) || Number.isSafeInteger(value);
const isOutcome = (value: unknown): value is number => value === 0 || value === 1 || value === 2;
const isSpan = (from: unknown, to: unknown): boolean => isTime(from) && isTime(to) && from <= to;

/** Reads one line of a history (docs/correctness.md); INVALID_REQUEST says what is wrong with it. */
export function parseHistoryLine(line: string): Result<HistoryOperation> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return unreadable('it is not JSON');
  }
  if (!Array.isArray(parsed)) return unreadable('it is not a JSON array');
  const fields: readonly unknown[] = parsed;
  switch (fields[0]) {
    case 's':
      return parseSend(fields);
    case 'p':
      return parsePoll(fields);
    case 't':
      return parseTail(fields);
    case 'o':
      return parseGap(fields);
    case 'b':
      return parseTrim(fields);
    case 'd':
      return parseDump(fields);
    case 'x':
      return parseCompacted(fields);
    case 'f':
    case 'k':
    case 'l':
      return ok(remark);
    default:
      return unreadable(`there is no operation ${JSON.stringify(fields[0])}`);
  }
}

function parseSend(fields: readonly unknown[]): Result<SendOperation> {
  const [, process, invokedAt, completedAt, ended, key, offset, value, , mode, recordKey] = fields;
  const isSound =
    isText(process) &&
    isSpan(invokedAt, completedAt) &&
    isOutcome(ended) &&
    (key === null || isText(key)) &&
    (offset === null || isCount(offset)) &&
    isValue(value) &&
    (mode === undefined || mode === null || mode === 'ordered' || mode === 'repeatable') &&
    (recordKey === undefined || recordKey === null || isText(recordKey));
  if (!isSound) {
    return unreadable('a send is ["s", process, t0, t1, outcome, key, offset, value, txn, mode, record key]');
  }
  if (ended === outcome.ok && (key === null || offset === null)) {
    return unreadable('a send that succeeded names its key and offset');
  }
  return ok({
    type: 'send',
    process,
    invokedAt: invokedAt as number,
    completedAt: completedAt as number,
    outcome: ended,
    key,
    offset,
    value,
    mode: mode ?? null,
    recordKey: recordKey ?? null,
  });
}

function parsePoll(fields: readonly unknown[]): Result<PollOperation> {
  const [, process, invokedAt, completedAt, ended, key, from, records, next, , assignment] = fields;
  const isSound =
    isText(process) &&
    isSpan(invokedAt, completedAt) &&
    isOutcome(ended) &&
    isText(key) &&
    isCount(from) &&
    isCount(next) &&
    Array.isArray(records) &&
    records.every((entry) => Array.isArray(entry) && isCount(entry[0]) && isValue(entry[1]));
  if (!isSound) {
    return unreadable(
      'a poll is ["p", process, t0, t1, outcome, key, from, [[offset, value]], next, isolation, assignment]',
    );
  }
  return ok({
    type: 'poll',
    process,
    invokedAt: invokedAt as number,
    completedAt: completedAt as number,
    outcome: ended,
    key,
    from,
    records: records as [number, HistoryValue][],
    next,
    assignment: isCount(assignment) ? assignment : 0,
  });
}

function parseTail(fields: readonly unknown[]): Result<TailOperation> {
  const [, process, invokedAt, completedAt, ended, key, tail] = fields;
  if (!(isText(process) && isSpan(invokedAt, completedAt) && isOutcome(ended) && isText(key) && isCount(tail))) {
    return unreadable('a tail is ["t", process, t0, t1, outcome, key, tail]');
  }
  const times = { invokedAt: invokedAt as number, completedAt: completedAt as number };
  return ok({ type: 'tail', process, ...times, outcome: ended, key, tail });
}

function parseGap(fields: readonly unknown[]): Result<GapOperation> {
  const [, process, at, key, from, to, reason, assignment] = fields;
  if (!(isText(process) && isTime(at) && isText(key) && isCount(from) && isCount(to) && isText(reason))) {
    return unreadable('a gap is ["o", process, t, key, from, to, reason, assignment]');
  }
  return ok({ type: 'gap', process, at, key, from, to, reason, assignment: isCount(assignment) ? assignment : 0 });
}

function parseTrim(fields: readonly unknown[]): Result<TrimOperation> {
  const [, at, key, start] = fields;
  if (!(isTime(at) && isText(key) && isCount(start))) return unreadable('a trim is ["b", t, key, log start]');
  return ok({ type: 'trim', at, key, start });
}

function parseDump(fields: readonly unknown[]): Result<DumpOperation> {
  const [, process, key, start, end] = fields;
  if (!(isText(process) && isText(key) && isCount(start) && isCount(end))) {
    return unreadable('a dump is ["d", process, key, start, end]');
  }
  return ok({ type: 'dump', process, key, start, end });
}

function parseCompacted(fields: readonly unknown[]): Result<CompactedOperation> {
  const [, key] = fields;
  return isText(key) ? ok({ type: 'compacted', key }) : unreadable('a compacted partition is ["x", key]');
}

const unreadable = (why: string) => failed('INVALID_REQUEST', why);
