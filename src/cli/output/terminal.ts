/** Standard error, where a command talks to people. Data never goes here. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #isQuiet: boolean;
  readonly #hasColor: boolean;
  #hasProgressLine = false;

  constructor(stream: NodeJS.WriteStream, options: { readonly quiet: boolean; readonly env: NodeJS.ProcessEnv }) {
    this.#stream = stream;
    this.#isQuiet = options.quiet;
    // https://no-color.org: present and not empty.
    this.#hasColor = stream.isTTY === true && !options.env.NO_COLOR && options.env.TERM !== 'dumb';
  }

  get isInteractive(): boolean {
    return this.#stream.isTTY === true;
  }

  /** One line of news; silent with --quiet. */
  say(line: string): void {
    if (!this.#isQuiet) this.warn(line);
  }

  /** One line that is never left out. */
  warn(line: string): void {
    this.#clearProgress();
    this.#stream.write(`${line}\n`);
  }

  /** A line that the next one replaces; without a terminal each is a line of its own. */
  progress(line: string): void {
    if (this.#isQuiet) return;
    if (!this.isInteractive) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#stream.write(`\r\x1b[2K${line}`);
    this.#hasProgressLine = true;
  }

  red(text: string): string {
    return this.#hasColor ? `\x1b[31m${text}\x1b[39m` : text;
  }

  #clearProgress(): void {
    if (this.#hasProgressLine) this.#stream.write('\r\x1b[2K');
    this.#hasProgressLine = false;
  }
}
