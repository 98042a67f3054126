import { failed, ok, type Result } from '../errors/result.ts';
import { shownName } from './caps.ts';

/**
 * Who may found an organization besides the operator: nobody, who holds an invitation of the operator, or anybody, within
 * bounds an address and a day.
 */
const signupModes = ['closed', 'invite', 'open'] as const;

export type SignupMode = (typeof signupModes)[number];

/**
 * Reads the mode as an operator writes it, `closed` where nothing is written; UNKNOWN_SERVER_ERROR says what is wrong with
 * it.
 */
export function parseSignupMode(text: string | undefined): Result<SignupMode> {
  if (text === undefined || text === '') return ok('closed');
  const mode = signupModes.find((one) => one === text);
  if (mode !== undefined) return ok(mode);
  return failed(
    'UNKNOWN_SERVER_ERROR',
    `The platform is not set up rightly: the variable MILLRACE_SIGNUP is ${signupModes.join(', ')}, not ${shownName(text)}.`,
  );
}
