import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, errorTable } from '../../src/errors/error-codes.ts';
import type { PlatformGroup } from './platform-group.ts';
import type { RunLog } from './run-log.ts';

/** What every client of a run shares. */
export type World = {
  readonly platform: PlatformGroup;
  readonly log: RunLog;
  readonly topic: string;
  readonly partitionCount: number;
  /** True once writers are to finish what they have under way and stop. */
  readonly isEnding: () => boolean;
};

/** What a request that is repeated needs. */
export type Asker = {
  readonly platform: PlatformGroup;
  readonly log: { readonly counts: { unanswered: number } };
};

/** After an answer that says "later", and between an answer that was lost and the next try. */
const laterMs = 5;

/** One request waits no longer than this for its answer; a frozen platform must not hold a client for ever. */
const answerTimeoutMs = 10_000;

/** A request that got no answer in this many tries meets a platform that does not come back. */
const triesMax = 2_000;

export type Asked = { readonly status: number; readonly answer: unknown };

export const isRetriable = (code: unknown): boolean =>
  typeof code === 'string' && Object.hasOwn(errorTable, code) && errorTable[code as ErrorCode].retriable;

/** Whether an answer leaves open what happened, so that the same request is sent again. */
export function isUnsettled({ status, answer }: Asked): boolean {
  if (status >= 500 || status === 429) return true;
  const results = (answer as { results?: { error?: { code: string } }[] }).results ?? [];
  return results.some(({ error }) => error !== undefined && isRetriable(error.code));
}

/** Sends one request over and over, the same bytes each time, until it has an answer that settles it. */
export async function askUntilAnswered(asker: Asker, path: string, init: RequestInit): Promise<Asked> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    await asker.platform.whenUp();
    const asked = await askOnce(`${asker.platform.url}${path}`, init);
    if (asked !== null && !isUnsettled(asked)) return asked;
    asker.log.counts.unanswered += 1;
    await pause(laterMs * (0.5 + Math.random()));
  }
  throw new Error(`no answer to ${init.method ?? 'GET'} ${path} after ${triesMax} tries`);
}

/** Null when the connection broke before the whole answer came. */
export async function askOnce(url: string, init: RequestInit): Promise<Asked | null> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerTimeoutMs) });
    const text = await response.text();
    return { status: response.status, answer: text === '' ? null : JSON.parse(text) };
  } catch {
    return null;
  }
}
