import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';

/** Control characters would forge lines of logs and tables. */
const controlCharacter = /\p{Cc}/u;

/** Checks a name that people give to something of their organization. */
export function checkName(field: string, name: string): Result<string> {
  const max = limits.displayNameCharacters.value;
  if (name.trim() !== '' && name.length <= max && !controlCharacter.test(name)) return ok(name);
  return failed('INVALID_REQUEST', `${field} has 1 to ${max} characters and no control characters.`, { field });
}
