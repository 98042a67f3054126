/**
 * Takes the first column below the head of a table. Who gives names is not who completes them: only those that mean
 * nothing to a shell are offered.
 */
export const firstColumn = `awk 'NR > 1 && $1 ~ /^[A-Za-z0-9][A-Za-z0-9._-]*$/ { print $1 }'`;

/** A function of bash and zsh that prints the names a list of the command has. */
export const namesFunction = `_millrace_names() {
  millrace "$@" --quiet 2> /dev/null | ${firstColumn}
}
`;
