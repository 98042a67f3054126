import type { FinalPartition } from './final-read.ts';
import type { RunLog } from './run-log.ts';

/** A record of the shared topic. */
export type SharedPlace = { readonly partition: number; readonly offset: number; readonly id: number };

/** What a worker does with a record, and what became of telling so: `unknown` when the answer was lost. */
export type Decision = 'accept' | 'reject' | 'release';
export type Told = 'done' | 'late' | 'unknown';

/** A record of the dead-letter topic: where it came from, and why. */
export type Letter = SharedPlace & { readonly reason: string };

/** What the group itself counts over all its partitions. */
export type ShareCounts = {
  readonly available: number;
  readonly acquired: number;
  readonly accepted: number;
  readonly archived: number;
  readonly dead_letters: number;
  readonly dead_lettered: number;
};

/** Every so many records one can never be dealt with. */
const rejectedEvery = 20;

/** Every so many records one is let go at its first delivery. */
const releasedEvery = 37;

/** The same answer whenever a record comes, so that the dead letters are known beforehand. */
export function decisionOn(id: number, deliveryCount: number): Decision {
  if (id % rejectedEvery === 0) return 'reject';
  return id % releasedEvery === 0 && deliveryCount === 1 ? 'release' : 'accept';
}

type Fate = { accepts: number; mayBeAccepted: boolean; decidedAtMs: number };

/** What the workers of one share group were handed, what they decided, and what they were told of it. */
export class ShareLedger {
  readonly counts = {
    deliveries: 0,
    accepted: 0,
    rejected: 0,
    unknown: 0,
    late: 0,
    lostAnswers: 0,
    members: 0,
    letters: 0,
  };
  readonly #log: RunLog;
  readonly #fates = new Map<string, Fate>();

  constructor(log: RunLog) {
    this.#log = log;
  }

  /** A worker got a record in answer to a call that began at `sinceMs`. */
  handOut({ partition, offset, id }: SharedPlace, sinceMs: number): void {
    this.counts.deliveries += 1;
    const { decidedAtMs } = this.#fateOf(partition, offset);
    if (decidedAtMs < sinceMs) {
      this.#log.report('decided-twice', `${partition}/${offset} was handed out after its decision had been confirmed`);
    }
    this.#log.see(partition, offset, id, 'a worker of the share group');
  }

  /** A worker decided on a record. */
  decide({ partition, offset }: SharedPlace, decision: Decision, told: Told): void {
    if (told !== 'done') this.counts[told] += 1;
    if (decision === 'release' || told === 'late') return;
    const fate = this.#fateOf(partition, offset);
    if (told === 'unknown') {
      if (decision === 'accept') fate.mayBeAccepted = true;
      return;
    }
    this.counts[decision === 'accept' ? 'accepted' : 'rejected'] += 1;
    fate.decidedAtMs = Math.min(fate.decidedAtMs, this.#log.now());
    if (decision !== 'accept') return;
    fate.accepts += 1;
    if (fate.accepts > 1)
      this.#log.report('decided-twice', `${partition}/${offset} was accepted ${fate.accepts} times`);
  }

  /** Every record was accepted once or is in the dead-letter topic once, and the group's own count says the same. */
  judge(finals: readonly FinalPartition[], letters: readonly Letter[], counts: ShareCounts): void {
    this.counts.letters = letters.length;
    const lettersOf = Map.groupBy(letters, ({ partition, offset }) => `${partition}/${offset}`);
    let stored = 0;
    for (const { partition, records } of finals) {
      stored += records.length;
      for (const { offset, id } of records) {
        const place = `${partition}/${offset}`;
        this.#judgeRecord({ partition, offset, id }, lettersOf.get(place) ?? []);
        lettersOf.delete(place);
      }
    }
    for (const place of lettersOf.keys()) {
      this.#log.report('letter-unfounded', `there is a dead letter of ${place}, which holds nothing`);
    }
    const { available, acquired, accepted, archived, dead_letters: waiting, dead_lettered: dead } = counts;
    const isWhole = available + acquired + archived + waiting === 0 && accepted + dead === stored;
    if (!isWhole || dead !== letters.length) {
      const what = `of ${stored} records the group counts ${JSON.stringify(counts)}, with ${letters.length} letters`;
      this.#log.report('miscounted', what);
    }
  }

  #judgeRecord({ partition, offset, id }: SharedPlace, letters: readonly Letter[]): void {
    const place = `${partition}/${offset}`;
    const { accepts, mayBeAccepted } = this.#fateOf(partition, offset);
    const isRejected = decisionOn(id, 1) === 'reject';
    if (letters.length > 1) this.#log.report('letter-twice', `there are ${letters.length} dead letters of ${place}`);
    if (letters.length > 0 && accepts > 0) {
      this.#log.report('decided-twice', `${place} was accepted, and there is a dead letter of it`);
    }
    for (const letter of letters) {
      const isFounded = isRejected ? letter.reason === 'rejected' : letter.reason === 'delivery-limit';
      if (isFounded && letter.id === id) continue;
      const what = `a dead letter of ${place} holds ${letter.id}, "${letter.reason}"; there is ${id}`;
      this.#log.report('letter-unfounded', what);
    }
    if (letters.length > 0) return;
    if (isRejected) this.#log.report('letter-missing', `there is no dead letter of ${place}, which was rejected`);
    else if (accepts === 0 && !mayBeAccepted) this.#log.report('undecided', `nobody accepted ${place}`);
  }

  #fateOf(partition: number, offset: number): Fate {
    const place = `${partition}/${offset}`;
    const known = this.#fates.get(place);
    if (known !== undefined) return known;
    const fate: Fate = { accepts: 0, mayBeAccepted: false, decidedAtMs: Number.POSITIVE_INFINITY };
    this.#fates.set(place, fate);
    return fate;
  }
}
