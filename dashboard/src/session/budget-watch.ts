import { useSyncExternalStore } from 'react';
import type { ClientOptions } from '../../../src/client/index.ts';

/** What the platform says with every answer once a budget is nearly, or entirely, used up. */
export type BudgetWarning = { readonly state: 'warned' | 'stopped'; readonly usedPercent: number };

/** `stopped; used=103%`; null for anything else. */
export function parseBudgetHeader(text: string | null): BudgetWarning | null {
  const parsed = /^(warned|stopped); used=(\d+)%$/.exec(text ?? '');
  return parsed === null ? null : { state: parsed[1] as BudgetWarning['state'], usedPercent: Number(parsed[2]) };
}

/** Looks at every answer that a session's client gets, so that nobody has to be asked how the budget stands. */
export class BudgetWatch {
  readonly #listeners = new Set<() => void>();
  #warning: BudgetWarning | null = null;

  readonly fetch: NonNullable<ClientOptions['fetch']> = async (url, init) => {
    const answer = await fetch(url, init as RequestInit);
    // Whoever is not known is told nothing of a budget.
    if (answer.status !== 401) this.#notice(parseBudgetHeader(answer.headers.get('millrace-budget')));
    return answer;
  };

  readonly current = (): BudgetWarning | null => this.#warning;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #notice(warning: BudgetWarning | null): void {
    if (warning?.state === this.#warning?.state && warning?.usedPercent === this.#warning?.usedPercent) return;
    this.#warning = warning;
    for (const listener of this.#listeners) listener();
  }
}

export function useBudgetWarning({ current, subscribe }: BudgetWatch): BudgetWarning | null {
  return useSyncExternalStore(subscribe, current);
}
