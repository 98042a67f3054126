/** A set of characters by code, as ranges that are sorted and apart, both ends inclusive. */
export type CharacterSet = readonly (readonly [from: number, to: number])[];

/** Topic names are ASCII. */
export const maxCharacterCode = 0x7f;

/** Sorts ranges and joins those that touch. */
export function setOf(ranges: CharacterSet): CharacterSet {
  const joined: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((one, other) => one[0] - other[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** Every character that is not in the set. */
export function inverted(set: CharacterSet): CharacterSet {
  const rest: [number, number][] = [];
  let from = 0;
  for (const [start, end] of set) {
    if (start > from) rest.push([from, start - 1]);
    from = end + 1;
  }
  if (from <= maxCharacterCode) rest.push([from, maxCharacterCode]);
  return rest;
}

/** What `\d`, `\w`, `\s` and their opposites stand for, in ASCII as in RE2; null for any other letter. */
export function namedClass(letter: string): CharacterSet | null {
  const set = classes[letter.toLowerCase()];
  if (set === undefined) return null;
  return letter === letter.toLowerCase() ? set : inverted(set);
}

const range = (characters: string): [number, number] => [characters.charCodeAt(0), characters.charCodeAt(1)];

const classes: Readonly<Record<string, CharacterSet>> = {
  d: [range('09')],
  w: setOf([range('09'), range('AZ'), range('__'), range('az')]),
  s: setOf([range('\t\n'), range('\f\r'), range('  ')]),
};
