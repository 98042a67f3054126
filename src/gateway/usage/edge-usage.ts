import { accountOf, isMetered, type Principal } from '../../authorization/principal.ts';
import type { Result } from '../../errors/result.ts';
import { stretchesByDay, type UsageCounts } from '../../log/usage/usage-counts.ts';
import { usageReportMs } from '../../log/usage/usage-report.ts';
import type { EdgeUsageReceipt, EdgeUsageReport } from '../../tenancy/usage-rpc.ts';
import { EdgeTally } from './edge-tally.ts';

/** Counts what a principal was served, where it leaves the platform. */
export interface UsageMeter {
  /** `topic` is null for what is of none, or of several; `atMs` says when it was, if that is not now. */
  count(principal: Principal, topic: string | null, counts: Partial<UsageCounts>, atMs?: number): void;
}

/** Counts that a connection was open, for each day by itself. */
export function countOpen(
  meter: UsageMeter,
  principal: Principal,
  topic: string | null,
  fromMs: number,
  toMs: number,
): void {
  for (const { startMs, ms } of stretchesByDay(fromMs, toMs))
    meter.count(principal, topic, { connectionMs: ms }, startMs);
}

/** Open mode's: there is no organization to count for. */
export const noUsage: UsageMeter = { count: () => undefined };

export type EdgeUsagePorts = {
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly pause: (ms: number) => Promise<void>;
  /** Tells the organization. WRONG_OBJECT when there is none any more. */
  readonly report: (orgId: string, report: EdgeUsageReport) => Promise<Result<EdgeUsageReceipt>>;
  /** Lets a report that nobody waits for leave after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
};

/** A report goes so long after what is in it, at the latest: a Worker may not stay for more than 30 s after an answer. */
const waitMaxMs = 25_000;

/** So much is always waited for, so that what comes together is told together. */
const waitMinMs = 1_000;

/** While requests come, a wait begins this often: each one lasts for what was counted up to the next. */
const waitEveryMs = 10_000;

/** A wait that is late by this much died with the request that it was of. */
const lateMs = 10_000;

/** The first report comes early: an isolate, or an object, that does little does not live for long. */
const firstReportMs = 5_000;

/** What nobody took for so long is given up. The organization remembers for longer what it took. */
const giveUpMs = 60 * 60 * 1000;

/** Organizations that an isolate counts for; the one that was served longest ago is forgotten when it has reported. */
const maxOrganizations = 1_000;

type Wait = { readonly beganMs: number; readonly endsMs: number };

/** What is counted for one organization, and what of it is on its way. */
type Account = {
  readonly orgId: string;
  /** Its own, so that the organization can tell what it has taken already. */
  readonly reporter: string;
  tally: EdgeTally;
  number: number;
  /** What was told and not answered: it is told again as it was. */
  sealed: { readonly report: EdgeUsageReport; readonly atMs: number } | null;
  dueMs: number;
  waits: readonly Wait[];
};

/**
 * What one isolate, or one object that holds sockets, served to whom. It is counted in memory and told to organizations
 * once a minute while there are requests, and when there are none any more; what is told has a number, and is told
 * again under that number until it is answered, so nothing is entered twice. What a crash takes along is not counted.
 */
export class EdgeUsage {
  readonly #accounts = new Map<string, Account>();

  count(
    principal: Principal,
    topic: string | null,
    counts: Partial<UsageCounts>,
    ports: EdgeUsagePorts,
    atMs = ports.nowMs(),
  ): void {
    if (!isMetered(principal)) return;
    const nowMs = ports.nowMs();
    const account = this.#accountOf(principal.orgId, ports);
    const { clusterId } = principal;
    account.tally.add({ clusterId, topic: topic ?? '', keyId: accountOf(principal), counts }, atMs);
    account.waits = account.waits.filter(({ endsMs }) => endsMs + lateMs > nowMs);
    const newest = account.waits.at(-1);
    if (newest === undefined || nowMs - newest.beganMs >= waitEveryMs) ports.keepAlive(waitAndReport(account, ports));
  }

  #accountOf(orgId: string, ports: EdgeUsagePorts): Account {
    const account = this.#accounts.get(orgId) ?? {
      orgId,
      reporter: ports.newId(),
      tally: new EdgeTally(),
      number: 0,
      sealed: null,
      dueMs: ports.nowMs() + firstReportMs,
      waits: [],
    };
    this.#accounts.delete(orgId);
    this.#accounts.set(orgId, account);
    if (this.#accounts.size > maxOrganizations) {
      // Its waits know it still, and report what it has.
      const first = this.#accounts.keys().next();
      if (!first.done) this.#accounts.delete(first.value);
    }
    return account;
  }
}

/** Usage as everything that is served on behalf of a principal counts it. */
export function usageMeter(usage: EdgeUsage, ports: EdgeUsagePorts): UsageMeter {
  return { count: (principal, topic, counts, atMs) => usage.count(principal, topic, counts, ports, atMs) };
}

/** Whichever wait is the last one reports, so that nothing that was counted stays; the others only when it is due. */
async function waitAndReport(account: Account, ports: EdgeUsagePorts): Promise<void> {
  const beganMs = ports.nowMs();
  const waitMs = Math.min(Math.max(account.dueMs - beganMs, waitMinMs), waitMaxMs);
  const wait = { beganMs, endsMs: beganMs + waitMs };
  account.waits = [...account.waits, wait];
  await ports.pause(waitMs);
  account.waits = account.waits.filter((other) => other !== wait);
  if (account.waits.length > 0 && ports.nowMs() < account.dueMs) return;
  const hadOlder = account.sealed !== null;
  const isTaken = await tell(account, ports);
  if (isTaken && hadOlder) await tell(account, ports);
}

/** Answers whether the organization knows what was told. */
async function tell(account: Account, ports: EdgeUsagePorts): Promise<boolean> {
  const sealed = seal(account, ports.nowMs());
  if (sealed === null) return true;
  account.dueMs = ports.nowMs() + usageReportMs;
  const receipt = await ports.report(account.orgId, sealed.report).catch(() => null);
  const isTaken = receipt?.ok === true;
  // Of an organization that is gone nobody asks what it used.
  const isOver = isTaken || receipt?.error.code === 'WRONG_OBJECT';
  if (isOver && account.sealed === sealed) account.sealed = null;
  if (isTaken) account.dueMs = ports.nowMs() + receipt.value.nextReportMs;
  return isTaken;
}

function seal(account: Account, nowMs: number): Account['sealed'] {
  if (account.sealed !== null && nowMs - account.sealed.atMs < giveUpMs) return account.sealed;
  account.sealed = null;
  const entries = account.tally.take();
  if (entries.length === 0) return null;
  account.number += 1;
  const report = { reporter: account.reporter, number: account.number, entries };
  account.sealed = { report, atMs: nowMs };
  return account.sealed;
}
