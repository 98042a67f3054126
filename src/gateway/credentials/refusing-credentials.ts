import type { Failed } from '../../errors/result.ts';
import type { Credentials } from '../ports.ts';
import type { SaslCredentials } from './sasl-credentials.ts';

/** Credentials of a platform that is not set up rightly: nobody is let in, and everybody is told what is wrong with it. */
export function refusingCredentials(failure: Failed): Credentials & SaslCredentials {
  const refuse = async (): Promise<Failed> => failure;
  return {
    mechanisms: ['PLAIN'],
    resolve: refuse,
    password: refuse,
    scram: refuse,
    token: refuse,
    unproved: () => {},
  };
}
