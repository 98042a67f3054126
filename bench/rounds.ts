/** One window's figures, by name; only some are rates. */
export type Sample = Readonly<Record<string, number>>;
export type Contender = () => Promise<Sample>;
export type Rounds = Readonly<Record<string, readonly Sample[]>>;

/**
 * Runs every contender once a round, in turn (A B A B, and backwards in odd rounds), so that a machine that gets
 * slower or faster during the run moves all of them alike.
 */
export async function interleave(contenders: Readonly<Record<string, Contender>>, rounds: number): Promise<Rounds> {
  const samples: Record<string, Sample[]> = {};
  const names = Object.keys(contenders);
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      samples[name] ??= [];
      samples[name].push(await contenders[name]!());
    }
  }
  return samples;
}

/** The middle value; the mean of the two middle ones when there is an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianOf(rounds: Rounds, contender: string, figure: string): number {
  return median((rounds[contender] ?? []).map((sample) => sample[figure] ?? Number.NaN));
}

/** The median of the ratios within each round: drift between rounds cancels. */
export function medianRatio(rounds: Rounds, subject: string, baseline: string, figure: string): number {
  const against = rounds[baseline] ?? [];
  return median((rounds[subject] ?? []).map((sample, round) => sample[figure]! / against[round]![figure]!));
}
