import type { SimulatedWorld } from '../simulated-world.ts';
import { OffsetCover } from './offset-cover.ts';

/** What a program was told to be its own, and until when it may believe so without asking again. */
type Lease = { readonly program: string; readonly memberId: string; readonly untilMs: number };

export type ToldAssignment = {
  readonly program: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly keys: readonly string[];
  /** When the call was made that was answered with it. */
  readonly sentAtMs: number;
  /** After so much silence of its own it must count its partitions as lost. */
  readonly silenceMs: number;
};

/** A group as its members see it: what each believes to hold, and what was handed to whom. */
export class GroupReadings {
  readonly #world: SimulatedWorld;
  /** Within this, clocks may jump, and an instance that was replaced may go on answering. */
  readonly #toleranceMs: number;
  readonly #leases = new Map<string, Lease[]>();
  /** The epoch with which each member last began. */
  readonly #tenures = new Map<string, number>();
  readonly #handedOut = new Map<string, OffsetCover>();
  /** Partitions whose committed offset went back since, for a reason that is none of the platform's. */
  readonly #movedBackAtMs = new Map<string, number>();

  constructor(world: SimulatedWorld, toleranceMs: number) {
    this.#world = world;
    this.#toleranceMs = toleranceMs;
  }

  /** I-3a as members see it: nobody is told of a partition that another one may still believe to hold. */
  told({ program, memberId, memberEpoch, keys, sentAtMs, silenceMs }: ToldAssignment): void {
    const { nowMs } = this.#world;
    this.forget(program);
    // An answer of a tenure that is over: the next call finds that out.
    if (memberEpoch < (this.#tenures.get(memberId) ?? 0)) return;
    const untilMs = sentAtMs + silenceMs - this.#toleranceMs;
    if (untilMs <= nowMs) return;
    for (const key of keys) {
      const others = (this.#leases.get(key) ?? []).filter((lease) => lease.untilMs > nowMs);
      for (const other of others) {
        this.#world.violate(
          `I-3a: ${program} (${memberId}) is told that it has ${key}, which ${other.program} (${other.memberId}) has`,
        );
      }
      this.#leases.set(key, [...others, { program, memberId, untilMs }]);
    }
  }

  /** The program believes to hold nothing any more. */
  forget(program: string): void {
    this.#drop((lease) => lease.program === program);
  }

  /** A member began anew with this epoch, or went: whoever went by its id before is fenced, and no longer asked about. */
  tenureBegan(memberId: string, epoch: number): void {
    this.#tenures.set(memberId, epoch);
    this.#drop((lease) => lease.memberId === memberId);
  }

  /** Offsets were handed to a member, or it was told that they are gone. */
  handedOut(key: string, from: number, to: number): void {
    this.#coverOf(key).add(from, to);
  }

  /** The first offset that nobody was handed, or null. */
  firstMissing(key: string, from: number, to: number): number | null {
    return this.#coverOf(key).firstMissing(from, to);
  }

  movedBack(key: string): void {
    this.#movedBackAtMs.set(key, this.#world.nowMs);
  }

  /**
   * What was committed when a call was made is not handed out again to it: a record comes twice only when its first
   * reader had not committed it.
   */
  checkStart(program: string, key: string, from: number, committed: number | undefined, sentAtMs: number): void {
    // An instance that was replaced may tell an offset of a moment ago: that is read again, and nothing is missed.
    if (committed === undefined || from >= committed || this.#world.mayHaveZombies) return;
    if ((this.#movedBackAtMs.get(key) ?? -1) >= sentAtMs - this.#toleranceMs) return;
    this.#world.violate(
      `${program} is handed offset ${from} of ${key}, although ${committed} was committed when it asked`,
    );
  }

  #coverOf(key: string): OffsetCover {
    let cover = this.#handedOut.get(key);
    if (cover === undefined) {
      cover = new OffsetCover();
      this.#handedOut.set(key, cover);
    }
    return cover;
  }

  #drop(isDropped: (lease: Lease) => boolean): void {
    for (const [key, leases] of this.#leases) {
      this.#leases.set(
        key,
        leases.filter((lease) => !isDropped(lease)),
      );
    }
  }
}
