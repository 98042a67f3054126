/**
 * A decimal number with all its digits: sign x 0.d1d2d3... x 10^magnitude, where d1 is not 0. Comparing two of them
 * rounds nothing, whatever a double would make of them.
 */
export type ExactNumber = {
  readonly sign: -1 | 0 | 1;
  readonly magnitude: number;
  /** Without zeros at either end; empty for 0. */
  readonly digits: string;
};

/** An exponent beyond it counts as this one: nobody writes such numbers, and a longer one could not be added exactly. */
const maxExponent = 1e15;

const form = /^(-)?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

const zero: ExactNumber = { sign: 0, magnitude: 0, digits: '' };

/** Reads a number as JSON writes it; null for what is none. */
export function readExactNumber(source: string): ExactNumber | null {
  const [, minus, whole, fraction = '', exponent = '0'] = form.exec(source) ?? [];
  if (whole === undefined || (whole.length > 1 && whole[0] === '0')) return null;
  const all = whole + fraction;
  let first = 0;
  while (all[first] === '0') first++;
  let end = all.length;
  while (end > first && all[end - 1] === '0') end--;
  if (first === end) return zero;
  const shift = Math.max(-maxExponent, Math.min(maxExponent, Number(exponent)));
  return { sign: minus === undefined ? 1 : -1, magnitude: whole.length - first + shift, digits: all.slice(first, end) };
}

/** Below 0 when `one` is the smaller, above when it is the larger, 0 when they are the same number. */
export function compareExactNumbers(one: ExactNumber, other: ExactNumber): number {
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.magnitude !== other.magnitude) return one.magnitude < other.magnitude ? -one.sign : one.sign;
  if (one.digits === other.digits) return 0;
  return one.digits < other.digits ? -one.sign : one.sign;
}
