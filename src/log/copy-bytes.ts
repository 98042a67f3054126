/** Below this a loop copies faster than `set`, which first makes a view. */
const loopCopyBytes = 48;

/** Copies `source[start, end)` to `target` and answers the position after it. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  const next = at + end - start;
  if (end - start > loopCopyBytes) {
    target.set(source.subarray(start, end), at);
  } else {
    for (let from = start, to = at; from < end; from++, to++) target[to] = source[from]!;
  }
  return next;
}

/**
 * Repeats `size` bytes that begin `distance` before `at`, as the matches of LZ77 codecs do: what is copied may
 * overlap what is written. Answers the position after them.
 */
export function repeatBytes(target: Uint8Array, at: number, distance: number, size: number): number {
  const next = at + size;
  if (distance >= size && size > loopCopyBytes) {
    target.copyWithin(at, at - distance, next - distance);
  } else {
    for (let to = at; to < next; to++) target[to] = target[to - distance]!;
  }
  return next;
}
