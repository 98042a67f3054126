import { createInterface } from 'node:readline/promises';
import { UsageError } from '../command.ts';

/** Has the person at the terminal type the name of what is about to be changed for good; without one, asks for --yes. */
export async function confirmByName(
  what: string,
  name: string,
  warning: string,
  isInteractive: boolean,
): Promise<void> {
  if (!isInteractive || !process.stdin.isTTY) {
    throw new UsageError(`${what} "${name}" is final: add --yes to do it without being asked.`);
  }
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await questions.question(`${warning}Type its name to go on: `);
    if (answer.trim() !== name) throw new UsageError('that is not its name; nothing was done.');
  } finally {
    questions.close();
  }
}
