/** A line of a comparison: in both, only at the left, or only at the right. */
export type DiffLine = { readonly side: 'both' | 'left' | 'right'; readonly text: string };

/** Lines that differ are looked for up to so many: time grows with lines times this, memory with its square. */
const maxDifferences = 400;

/**
 * The shortest way from one text to another, line by line (Myers, "An O(ND) Difference Algorithm", 1986). Texts that
 * differ in more than 400 lines come as all of one and then all of the other.
 */
export function diffLines(left: string, right: string): readonly DiffLine[] {
  const a = left.split('\n');
  const b = right.split('\n');
  const trail = findTrail(a, b);
  if (trail === null) return [...a.map((text) => line('left', text)), ...b.map((text) => line('right', text))];
  return walkBack(a, b, trail);
}

const line = (side: DiffLine['side'], text: string): DiffLine => ({ side, text });

type Reached = ReadonlyMap<number, number>;

/** For each number of differences, how far each diagonal (left index minus right index) was reached before it. */
function findTrail(a: readonly string[], b: readonly string[]): readonly Reached[] | null {
  let reached = new Map<number, number>([[1, 0]]);
  const trail: Reached[] = [];
  for (let differences = 0; differences <= Math.min(maxDifferences, a.length + b.length); differences += 1) {
    trail.push(reached);
    const next = new Map(reached);
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      let x = isDown(reached, diagonal, differences) ? at(reached, diagonal + 1) : at(reached, diagonal - 1) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return trail;
    }
    reached = next;
  }
  return null;
}

const at = (reached: Reached, diagonal: number) => reached.get(diagonal) ?? -1;

/** Whether the best way to a diagonal takes a line of the right; otherwise it takes one of the left. */
function isDown(reached: Reached, diagonal: number, differences: number): boolean {
  if (diagonal === -differences) return true;
  return diagonal !== differences && at(reached, diagonal - 1) < at(reached, diagonal + 1);
}

function walkBack(a: readonly string[], b: readonly string[], trail: readonly Reached[]): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let differences = trail.length - 1; differences >= 0; differences -= 1) {
    const reached = trail[differences]!;
    const diagonal = x - y;
    const previous = isDown(reached, diagonal, differences) ? diagonal + 1 : diagonal - 1;
    const previousX = at(reached, previous);
    const previousY = previousX - previous;
    while (x > previousX && y > previousY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      lines.push(line('both', a[x]!));
    }
    if (differences === 0) break;
    if (x === previousX) {
      y -= 1;
      lines.push(line('right', b[y]!));
    } else {
      x -= 1;
      lines.push(line('left', a[x]!));
    }
  }
  return lines.reverse();
}
