import type { Invocation } from '../command.ts';

/** Says what was done: `facts` as JSON to a program, the sentence to a person. */
export function answer(
  { output, terminal, json }: Pick<Invocation, 'output' | 'terminal' | 'json'>,
  facts: object,
  sentence: string,
): void {
  if (json) output.line(JSON.stringify(facts));
  else terminal.say(sentence);
}
