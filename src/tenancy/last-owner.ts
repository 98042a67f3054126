import { failed, type Result } from '../errors/result.ts';

/** Answers whoever would leave an organization without an owner: nobody could manage it any more. */
export function lastOwner(remedy: string): Result<never> {
  return failed('ILLEGAL_STATE', `Nobody else is an owner of the organization, and it keeps one. ${remedy}`);
}
