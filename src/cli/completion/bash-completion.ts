import { namesFunction } from './names-function.ts';
import type { Offer, Place } from './places.ts';

/** The completion of bash, from 3.2 on (macOS). */
export function bashCompletion(places: readonly Place[]): string {
  return `# Completion of millrace for bash: in ~/.bashrc, source <(millrace completion bash)
${bashFunction(places)}`;
}

/** The completion of zsh, which takes bash's function. */
export function zshCompletion(places: readonly Place[]): string {
  return `# Completion of millrace for zsh: in ~/.zshrc, source <(millrace completion zsh)
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
autoload -Uz bashcompinit && bashcompinit
${bashFunction(places)}`;
}

/**
 * Walks over the words before the cursor to find the place they lead to, and offers what may follow there. Offers are
 * compared by the function itself: `compgen -W` would run what stands in them.
 */
function bashFunction(places: readonly Place[]): string {
  return `${namesFunction}
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place=millrace option='' offers='' files='' word index
  local operands=0
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $option ]]; then
      option=''
    elif [[ $word == -* ]]; then
      case "$place $word" in
        ${alternatives(valuedOptions(places).map(({ at }) => at))}) option="$word" ;;
      esac
    else
      case "$place $word" in
        ${alternatives(places.map(({ path }) => path))}) place="$place $word" ;;
        *) operands=$((operands + 1)) ;;
      esac
    fi
  done
  [[ $current == '=' ]] && current=''
  if [[ -n $option ]]; then
    case "$place $option" in
${branches(valuedOptions(places).map(({ at, offer }) => [quoted(at), offer]))}
    esac
  elif [[ $current == -* ]]; then
    case "$place" in
${branches(places.map((place) => [quoted(place.path), { kind: 'words', words: optionWords(place) }]))}
    esac
  else
    case "$place $operands" in
${branches(places.flatMap(operandOffers))}
    esac
  fi
  COMPREPLY=()
  if [[ -n $files ]]; then
    offers="$(compgen "$files" -- "$current")"
    type compopt > /dev/null 2>&1 && compopt -o filenames 2> /dev/null
  fi
  while IFS= read -r word; do
    [[ -n $word && $word == "$current"* ]] && COMPREPLY+=("$word")
  done <<< "$offers"
  return 0
}

complete -F _millrace millrace
`;
}

/** A pattern of `case`, and what is offered where it matches. */
type Branch = readonly [pattern: string, offer: Offer];

function operandOffers({ path, words, operands }: Place): Branch[] {
  if (words.length > 0) return [[quoted(`${path} 0`), { kind: 'words', words: words.map(({ word }) => word) }]];
  return operands.map((offer, index) => [
    index === operands.length - 1 ? `${quoted(`${path} `)}*` : quoted(`${path} ${index}`),
    offer,
  ]);
}

function branches(all: readonly Branch[]): string {
  return all
    .flatMap(([pattern, offer]) => {
      const assignment = assignmentOf(offer);
      return assignment === null ? [] : [`      ${pattern}) ${assignment} ;;`];
    })
    .join('\n');
}

function assignmentOf(offer: Offer): string | null {
  switch (offer.kind) {
    case 'nothing':
      return null;
    case 'files':
      return 'files=-f';
    case 'folders':
      return 'files=-d';
    case 'words':
      return `offers=$'${offer.words.join('\\n')}'`;
    case 'names':
      return `offers="$(_millrace_names ${offer.list})"`;
  }
}

/** Every spelling of an option that takes a value, with the place it stands at. */
function valuedOptions(places: readonly Place[]): { readonly at: string; readonly offer: Offer }[] {
  return places.flatMap(({ path, options }) =>
    options.flatMap(({ name, letter, value }) =>
      value === null
        ? []
        : [`--${name}`, ...(letter === null ? [] : [`-${letter}`])].map((word) => ({
            at: `${path} ${word}`,
            offer: value,
          })),
    ),
  );
}

const optionWords = ({ options }: Place): string[] => options.map(({ name }) => `--${name}`);

const quoted = (text: string): string => `'${text}'`;

const alternatives = (texts: readonly string[]): string => texts.map(quoted).join(' | ');
