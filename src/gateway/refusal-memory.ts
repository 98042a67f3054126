import type { Principal } from '../authorization/principal.ts';
import type { Refusal } from '../tenancy/audit-log.ts';

/** Pairs of principal and action that an isolate counts at once; refusals beyond it are not told apart. */
const maxPairs = 1_000;

const minuteMs = 60_000;

type Counted = { refusal: Refusal; minute: number };

/**
 * Refused accesses as one isolate counts them: of a principal and an action the first in a minute is reported at once,
 * the others as one sum with the next report. So whoever is refused a thousand times a second costs two entries a minute.
 */
export class RefusalMemory {
  readonly #counted = new Map<string, Counted>();

  /**
   * Counts a refusal. Answers what is to be reported to the principal's organization now: nothing, while this one is
   * like another of the same minute.
   */
  note(principal: Principal, action: string, resource: string, nowMs: number): readonly Refusal[] {
    const { orgId, id, host = null } = principal;
    const minute = Math.floor(nowMs / minuteMs);
    const key = JSON.stringify([orgId, id, action]);
    const known = this.#counted.get(key);
    if (known?.minute === minute) {
      known.refusal = { ...known.refusal, count: known.refusal.count + 1 };
      return [];
    }
    const due = this.#takeBefore(minute, orgId);
    if (this.#counted.size >= maxPairs) return due;
    const refusal = { principal: id, host, action, resource };
    this.#counted.set(key, { refusal: { ...refusal, count: 0 }, minute });
    return [...due, { ...refusal, count: 1 }];
  }

  /** The sums of past minutes: the organization's own to report, and nobody's pairs that came to nothing more. */
  #takeBefore(minute: number, orgId: string): Refusal[] {
    const due: Refusal[] = [];
    for (const [key, counted] of this.#counted) {
      const isOver = counted.minute < minute;
      if (!isOver) continue;
      const isOwn = (JSON.parse(key) as [string])[0] === orgId;
      if (isOwn && counted.refusal.count > 0) due.push(counted.refusal);
      if (isOwn || counted.refusal.count === 0 || counted.minute < minute - keptMinutes) this.#counted.delete(key);
    }
    return due;
  }
}

/** How long a sum waits for another refusal of its organization before it is given up. */
const keptMinutes = 60;
