/**
 * What a case is measured by: `reach` must be reached, `aim` is hoped for. It holds for the ratio to the baseline or
 * for the value itself, and either way more can be better or less.
 */
export type Target = {
  readonly of: 'ratio' | 'value';
  readonly reach: number;
  readonly aim?: number;
  readonly better: 'more' | 'less';
  /** A gate shapes the stored format and must hold; the rest is recorded. */
  readonly isGate?: boolean;
};

/** One line of the bench. */
export type Outcome = {
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  /** What the ratio is against, and its value in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number };
  readonly ratio?: number;
  readonly target?: Target;
  /** Percentiles or counts that explain the value. */
  readonly note?: string;
};

export type Verdict = 'ok' | 'aim' | 'short' | '-';

/** `aim` when the aim is reached, `ok` when the figure to reach is, `short` when not, `-` when there is none. */
export function verdictOf(outcome: Outcome): Verdict {
  const { target } = outcome;
  if (target === undefined) return '-';
  const measured = target.of === 'ratio' ? outcome.ratio : outcome.value;
  if (measured === undefined) return '-';
  const reaches = (figure: number) => (target.better === 'more' ? measured >= figure : measured <= figure);
  if (target.aim !== undefined && reaches(target.aim)) return 'aim';
  return reaches(target.reach) ? 'ok' : 'short';
}
