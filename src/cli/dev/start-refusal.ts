/** Exit codes of the command: a wrong invocation can be told from a platform that could not start. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/**
 * The platform cannot start, for a reason outside of it: a held port, a data directory in use, an address that open
 * mode may not serve. The message is one sentence for a person.
 */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The runtime itself ended while it started; a port that was free a moment before may have been the reason. */
export class RuntimeFailure extends StartRefusal {}
