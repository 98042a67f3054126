/** Bytes of an object from `start` on. */
export type CachedStretch = { readonly start: number; readonly bytes: Uint8Array };

type Kept = CachedStretch & { readonly objectKey: string };

/** A stretch that somebody is reading now. */
export type LoadingStretch = {
  readonly objectKey: string;
  readonly start: number;
  readonly end: number;
  /** Resolves when it was read and is kept, or could not be read. */
  readonly done: Promise<unknown>;
};

/** Stretches of objects that were read and verified, for the next reader: bounded, the least recently used goes first. */
export class StretchCache {
  readonly #bytesMax: number;
  /** The most recently used last. A stretch has 64 KiB or more, so there are at most a few hundred to look through. */
  readonly #kept: Kept[] = [];
  readonly #loading = new Set<LoadingStretch>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A stretch that holds this position; null without one. */
  find(objectKey: string, position: number): CachedStretch | null {
    const at = this.#kept.findLastIndex(
      (each) => each.objectKey === objectKey && each.start <= position && position < each.start + each.bytes.length,
    );
    const [found] = at < 0 ? [] : this.#kept.splice(at, 1);
    if (found === undefined) return null;
    this.#kept.push(found);
    return found;
  }

  /**
   * Whether whoever reads here goes through the object: somebody has read up to this position, or reads at this moment
   * what ends at most `nearBytes` before it, as several do that share the way.
   */
  isOnTheWay(objectKey: string, position: number, nearBytes: number): boolean {
    for (const each of this.#loading) {
      const gap = position - each.end;
      if (each.objectKey === objectKey && gap >= 0 && gap < nearBytes) return true;
    }
    return this.#kept.some((each) => each.objectKey === objectKey && each.start + each.bytes.length === position);
  }

  /** Where the next stretch after this position begins that is kept or being read; null without one. */
  nextStart(objectKey: string, position: number): number | null {
    let next: number | null = null;
    for (const each of [...this.#loading, ...this.#kept]) {
      const isNext = each.objectKey === objectKey && each.start > position && (next === null || each.start < next);
      if (isNext) next = each.start;
    }
    return next;
  }

  /** A stretch with this position that is being read; null without one. */
  findLoading(objectKey: string, position: number): LoadingStretch | null {
    for (const each of this.#loading) {
      if (each.objectKey === objectKey && each.start <= position && position < each.end) return each;
    }
    return null;
  }

  /** Somebody begins to read a stretch, and says with {@link StretchCache.endLoading} when that is over. */
  beginLoading(loading: LoadingStretch): void {
    this.#loading.add(loading);
  }

  endLoading(loading: LoadingStretch): void {
    this.#loading.delete(loading);
  }

  put(objectKey: string, start: number, bytes: Uint8Array): void {
    this.#kept.push({ objectKey, start, bytes });
    this.#bytes += bytes.length;
    while (this.#bytes > this.#bytesMax) this.#bytes -= this.#kept.shift()?.bytes.length ?? 0;
  }
}
