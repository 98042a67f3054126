import type { CharacterSet } from './character-set.ts';

/** One state of a nondeterministic automaton. A fork, a start and an end consume nothing. */
export type PatternState =
  | { readonly kind: 'set'; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: 'fork'; readonly next: number; readonly other: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'match' };

/**
 * A compiled pattern. Matching walks all states a name can be in at once, so it takes at most states x characters
 * steps, whatever the pattern.
 */
export class PatternProgram {
  /** True when a state was refused: the program must not be used then. */
  isFull = false;
  readonly #maxStates: number;
  readonly #states: PatternState[] = [];

  constructor(maxStates: number) {
    this.#maxStates = maxStates;
  }

  /** Adds a state and answers its number. */
  add(state: PatternState): number {
    if (this.#states.length >= this.#maxStates) this.isFull = true;
    else this.#states.push(state);
    return this.#states.length - 1;
  }

  /** Replaces a state: how a loop is closed. */
  set(at: number, state: PatternState): void {
    this.#states[at] = state;
  }

  /** Whether the states from `start` on match the whole of `name`. */
  matches(name: string, start: number): boolean {
    let current = new Set<number>();
    this.#enter(current, start, 0, name.length);
    for (let at = 0; at < name.length && current.size > 0; at++) {
      const code = name.charCodeAt(at);
      const after = new Set<number>();
      for (const index of current) {
        const state = this.#states[index]!;
        if (state.kind === 'set' && holds(state.set, code)) this.#enter(after, state.next, at + 1, name.length);
      }
      current = after;
    }
    for (const index of current) if (this.#states[index]!.kind === 'match') return true;
    return false;
  }

  /** Adds a state and all that it leads to without consuming a character. */
  #enter(entered: Set<number>, start: number, at: number, length: number): void {
    const pending = [start];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (entered.has(index)) continue;
      entered.add(index);
      const state = this.#states[index]!;
      if (state.kind === 'fork') pending.push(state.other, state.next);
      else if (state.kind === 'start' && at === 0) pending.push(state.next);
      else if (state.kind === 'end' && at === length) pending.push(state.next);
    }
  }
}

function holds(set: CharacterSet, code: number): boolean {
  for (const [from, to] of set) if (code >= from && code <= to) return true;
  return false;
}
