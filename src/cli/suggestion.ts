/** Typing errors that are taken for one word: letters that are missing, wrong or too many. */
const errorsMax = 2;

/** ` (did you mean "topics"?)` where a word is close to a known one, otherwise nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const close = known
    .map((name) => ({ name, errors: name.startsWith(word) ? 1 : errorsBetween(word, name) }))
    .filter(({ name, errors }) => errors <= errorsMax && errors < name.length)
    .sort((one, other) => one.errors - other.errors);
  return close[0] === undefined ? '' : ` (did you mean "${close[0].name}"?)`;
}

/** How many letters have to be put in, taken out or changed to get from one word to another (Levenshtein). */
function errorsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 0; at < to.length; at += 1) {
      const changed = row[at]! + (letter === to[at] ? 0 : 1);
      next.push(Math.min(changed, row[at + 1]! + 1, next[at]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
