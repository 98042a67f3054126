import type { Principal } from '../authorization/principal.ts';
import type { SummedAct, SummedKind } from '../tenancy/summed-acts.ts';

/** Pairs of principal and action that an isolate counts at once; acts beyond it are not told apart. */
const maxPairs = 1_000;

const minuteMs = 60_000;

/** Who did it: all that is known of somebody who was not let in. */
export type Doer = Pick<Principal, 'orgId' | 'id' | 'host'>;

type Counted = { act: SummedAct; minute: number };

/**
 * Acts that can be repeated at will, as one isolate counts them: of a principal and an action the first in a minute is
 * reported at once, the others as one sum with the next report. So whoever is refused a thousand times a second costs
 * two entries a minute.
 */
export class ActSums {
  readonly #counted = new Map<string, Counted>();

  /**
   * Counts an act. Answers what is to be reported to the doer's organization now: nothing, while this one is like
   * another of the same minute.
   */
  note(doer: Doer, kind: SummedKind, action: string, resource: string, nowMs: number): readonly SummedAct[] {
    const { orgId, id, host = null } = doer;
    const minute = Math.floor(nowMs / minuteMs);
    const key = JSON.stringify([orgId, id, action]);
    const known = this.#counted.get(key);
    if (known?.minute === minute) {
      known.act = { ...known.act, count: known.act.count + 1 };
      return [];
    }
    const due = this.#takeBefore(minute, orgId);
    if (this.#counted.size >= maxPairs) return due;
    const act = { kind, principal: id, host, action, resource };
    this.#counted.set(key, { act: { ...act, count: 0 }, minute });
    return [...due, { ...act, count: 1 }];
  }

  /** The sums of past minutes: the organization's own to report, and nobody's pairs that came to nothing more. */
  #takeBefore(minute: number, orgId: string): SummedAct[] {
    const due: SummedAct[] = [];
    for (const [key, counted] of this.#counted) {
      const isOver = counted.minute < minute;
      if (!isOver) continue;
      const isOwn = (JSON.parse(key) as [string])[0] === orgId;
      if (isOwn && counted.act.count > 0) due.push(counted.act);
      if (isOwn || counted.act.count === 0 || counted.minute < minute - keptMinutes) this.#counted.delete(key);
    }
    return due;
  }
}

/** How long a sum waits for another act of its organization before it is given up. */
const keptMinutes = 60;
