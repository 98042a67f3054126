type Stretch = { from: number; to: number };

/** A set of offsets as stretches, each from an offset to before another. */
export class OffsetCover {
  #stretches: Stretch[] = [];

  add(from: number, to: number): void {
    if (to <= from) return;
    const apart = this.#stretches.filter((stretch) => stretch.to < from || stretch.from > to);
    const touched = this.#stretches.filter((stretch) => stretch.to >= from && stretch.from <= to);
    const joined = {
      from: Math.min(from, ...touched.map((stretch) => stretch.from)),
      to: Math.max(to, ...touched.map((stretch) => stretch.to)),
    };
    this.#stretches = [...apart, joined].sort((one, other) => one.from - other.from);
  }

  /** The first offset from `from` to before `to` that is not in it; null when all are. */
  firstMissing(from: number, to: number): number | null {
    let next = from;
    for (const stretch of this.#stretches) {
      if (stretch.from > next) break;
      next = Math.max(next, stretch.to);
    }
    return next >= to ? null : next;
  }
}
