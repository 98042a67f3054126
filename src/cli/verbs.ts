import { type Invocation, UsageError } from './command.ts';

type Verbs = Readonly<Record<string, (invocation: Invocation) => Promise<void>>>;

/** Runs the verb that a command's first word names; a word that is none of them is a wrong usage that lists them. */
export function verbRunner(command: string, verbs: Verbs): (invocation: Invocation) => Promise<void> {
  const names = Object.keys(verbs);
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return async (invocation) => {
    const [verb, ...argv] = invocation.argv;
    const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (run === undefined) {
      throw new UsageError(
        verb === undefined
          ? `say what to do with ${command}: ${list}.`
          : `${command} has no verb "${verb}": use ${list}.`,
      );
    }
    await run({ ...invocation, argv });
  };
}
