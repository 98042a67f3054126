import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** How much of a refused name an error message repeats. */
const shownCharacters = 80;

/** They would garble logs and terminals, and no one types them on purpose. */
const controlCharacters = /\p{Cc}/u;

/** Names the platform keeps for its own groups. */
const platformPrefix = '__';

/** Checks the id of a group; INVALID_GROUP_ID says which rule was broken. */
export function validateGroupId(groupId: string): Result<string> {
  const broken = brokenRule(groupId, limits.groupIdCharacters.value);
  if (broken !== null) return failed('INVALID_GROUP_ID', `Group id ${quoteName(groupId)} is not allowed: ${broken}.`);
  if (!groupId.startsWith(platformPrefix)) return ok(groupId);
  return failed(
    'INVALID_GROUP_ID',
    `Group id ${quoteName(groupId)} is not allowed: ids that begin with "${platformPrefix}" are the platform's own.`,
  );
}

/** Checks a member's or instance's id as a client chose it; INVALID_REQUEST names the `field`. */
export function validateMemberName(field: 'member_id' | 'instance_id', name: string): Result<string> {
  const broken = brokenRule(name, limits.memberIdCharacters.value);
  return broken === null
    ? ok(name)
    : failed('INVALID_REQUEST', `${field} ${quoteName(name)} is not allowed: ${broken}.`);
}

/** A name as error messages show it: quoted, escaped and cut. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > shownCharacters ? `${name.slice(0, shownCharacters)}...` : name);
}

function brokenRule(name: string, maxCharacters: number): string | null {
  if (name === '') return 'it is empty';
  if (name.length > maxCharacters) return `it has ${name.length} characters, ${maxCharacters} are the most`;
  if (controlCharacters.test(name)) return 'it has control characters';
  return name.isWellFormed() ? null : 'it is no Unicode text';
}
