import type { HttpDoor } from '../client/http-door.ts';
import type { Client } from '../client/index.ts';
import type { Output } from './output/output.ts';
import type { Terminal } from './output/terminal.ts';

/** Who asks: an API key or token, and which cluster where it is good for several. */
export type NamedCaller = { readonly credential: string | undefined; readonly cluster: string | undefined };

/** What every command is given besides its own arguments. */
export type Invocation = {
  /** What follows the command's name, global options taken out. */
  readonly argv: readonly string[];
  readonly client: Client;
  /** The platform over plain HTTP, for what the client has no verb for. */
  readonly door: HttpDoor;
  readonly caller: NamedCaller;
  /** Data: standard output. */
  readonly output: Output;
  /** Talk: standard error. */
  readonly terminal: Terminal;
  /** Machines read the answer. */
  readonly json: boolean;
};

export type Command = {
  /** Usage, options and examples. */
  readonly help: string;
  /** Answers the exit code; throws UsageError and MillraceError. */
  run(invocation: Invocation): Promise<number>;
};

/** A command before it is loaded. */
export type CommandEntry = {
  readonly summary: string;
  readonly load: () => Promise<Command>;
  /** It parses every option itself. */
  readonly ownsOptions?: true;
};

/** The command line is wrong: exit code 2, and the command's usage is named. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** What might have been written instead, where that is a list: verbs, or options. */
  readonly known: readonly string[];

  constructor(message: string, known: readonly string[] = []) {
    super(message);
    this.known = known;
  }
}
