import { firstColumn } from './names-function.ts';
import type { Offer, Place, PlaceOption } from './places.ts';

/** The completion of fish: a line for each thing that may be offered, and at which place. */
export function fishCompletion(places: readonly Place[]): string {
  return `# Completion of millrace for fish: millrace completion fish > ~/.config/fish/completions/millrace.fish
set -g __millrace_places ${places.map(({ path }) => `'${path}'`).join(' ')}
set -g __millrace_valued ${places.flatMap(valuedOptions).join(' ')}

function __millrace_names
  millrace $argv --quiet 2> /dev/null | ${firstColumn}
end

# The place that the words before the cursor lead to, and how many operands stand there.
function __millrace_at
  set -l place millrace
  set -l operands 0
  set -l option ''
  for word in (commandline -opc)[2..-1]
    if test -n "$option"
      set option ''
    else if string match -q -- '-*' $word
      contains -- "$place $word" $__millrace_valued; and set option $word
    else if contains -- "$place $word" $__millrace_places
      set place "$place $word"
    else
      set operands (math $operands + 1)
    end
  end
  test "$place" = "$argv[1]"; or return 1
  set -q argv[2]; or return 0
  test $operands -ge $argv[2]; and test $operands -le $argv[3]
end

complete -c millrace -e
complete -c millrace -f
${places.flatMap(linesOf).join('\n')}
`;
}

/** More operands than anybody writes. */
const operandsMax = 9999;

function linesOf({ path, words, options, operands }: Place): string[] {
  return [
    ...words.map(({ word, summary }) => complete(`${path}' 0 0`, [`-a ${word}`, described(summary)])),
    ...options.map((option) => complete(`${path}'`, optionParts(option))),
    ...operands.flatMap((offer, index) => {
      const parts = offerParts(offer);
      const last = index === operands.length - 1 ? operandsMax : index;
      return parts.length === 0 ? [] : [complete(`${path}' ${index} ${last}`, parts)];
    }),
  ];
}

const complete = (at: string, parts: readonly string[]): string =>
  `complete -c millrace -n "__millrace_at '${at}" ${parts.filter((part) => part !== '').join(' ')}`;

function optionParts({ name, letter, value }: PlaceOption): string[] {
  const names = [`-l ${name}`, ...(letter === null ? [] : [`-s ${letter}`])];
  return value === null ? names : [...names, value.kind === 'files' ? '-r' : '-x', ...offerParts(value)];
}

function offerParts(offer: Offer): string[] {
  switch (offer.kind) {
    case 'nothing':
      return [];
    case 'files':
      return ['-F'];
    case 'folders':
      return ["-a '(__fish_complete_directories (commandline -ct))'"];
    case 'words':
      return [`-a '${offer.words.join(' ')}'`];
    case 'names':
      return [`-a '(__millrace_names ${offer.list})'`];
  }
}

const described = (summary: string): string => (summary === '' ? '' : `-d '${summary.replaceAll("'", "\\'")}'`);

function valuedOptions({ path, options }: Place): string[] {
  return options.flatMap(({ name, letter, value }) =>
    value === null ? [] : [`'${path} --${name}'`, ...(letter === null ? [] : [`'${path} -${letter}'`])],
  );
}
