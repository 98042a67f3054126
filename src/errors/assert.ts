/** A broken invariant: a bug of ours, never a caller's mistake. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws when an invariant does not hold. `what` states the invariant, with its id from docs/protocols where it has one. */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InvariantError(`invariant broken: ${what}`);
}
