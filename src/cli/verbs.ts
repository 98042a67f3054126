import { type Invocation, UsageError } from './command.ts';
import { exitCode } from './exit-code.ts';
import { suggestion } from './suggestion.ts';

/** Answers the exit code where it is not always the one for done. */
type Verb = (invocation: Invocation) => Promise<void> | Promise<number>;

/** Runs the verb that a command's first word names; a word that is none of them is a wrong usage that lists them. */
export function verbRunner(
  command: string,
  verbs: Readonly<Record<string, Verb>>,
): (invocation: Invocation) => Promise<number> {
  const names = Object.keys(verbs);
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return async (invocation) => {
    const [verb, ...argv] = invocation.argv;
    const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (run === undefined) {
      throw new UsageError(
        verb === undefined
          ? `say what to do with ${command}: ${list}.`
          : `${command} has no verb "${verb}"${suggestion(verb, names)}: use ${list}.`,
        names,
      );
    }
    const code = await run({ ...invocation, argv });
    return typeof code === 'number' ? code : exitCode.ok;
  };
}
