import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type CommandEntry, UsageError } from '../command.ts';
import { bashCompletion, zshCompletion } from '../completion/bash-completion.ts';
import { fishCompletion } from '../completion/fish-completion.ts';
import { type Place, placesOf } from '../completion/places.ts';
import { exitCode } from '../exit-code.ts';

const shells: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

type Commands = Readonly<Record<string, CommandEntry>>;

/** The command that completes all of these. */
export const completionOf = (commands: Commands): Command => ({
  help: `Usage: millrace completion bash|zsh|fish

Prints what makes a shell complete this command: commands, verbs, options and their values, and the names of topics,
groups and whatever else can be listed, which are asked for with MILLRACE_URL and MILLRACE_API_KEY when you press Tab.

Examples:
  source <(millrace completion bash)
  source <(millrace completion zsh)
  millrace completion fish > ~/.config/fish/completions/millrace.fish
`,
  async run({ argv, output, json }) {
    const [shell] = requirePositionals(parseArguments(argv, {}).positionals, ['the shell']);
    const write = Object.hasOwn(shells, shell!) ? shells[shell!] : undefined;
    if (write === undefined)
      throw new UsageError(`completion is for ${Object.keys(shells).join(', ')}, not "${shell}".`);
    const script = write(placesOf(await documented(commands)));
    if (json) output.line(JSON.stringify({ shell, script }));
    else output.write(script);
    return exitCode.ok;
  },
});

/** Every command with its help. */
function documented(commands: Commands) {
  return Promise.all(
    Object.entries(commands).map(async ([name, { summary, load, ownsOptions = false }]) => ({
      name,
      summary,
      help: (await load()).help,
      ownsOptions,
    })),
  );
}
