/** A client's name is kept with its members, and stands in front of the ids that they are given, cut to this length. */
const nameCharacters = 80;

/** What a client calls itself, as a group keeps it: without control characters, and not too long. */
export function shortenedName(name: string): string {
  return name
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, nameCharacters)
    .toWellFormed();
}
