const intervalMs = 1_000;

/** Says once a second on stderr how far a piece of work has come. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #startedAtMs = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #done = 0;

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
    this.#timer = setInterval(() => this.#say(), intervalMs);
  }

  add(count: number): void {
    this.#done += count;
  }

  /** `200,000 records, 1.2 s, 166,667/s`. */
  end(): string {
    clearInterval(this.#timer);
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    return `${grouped(this.#done)} records, ${seconds.toFixed(1)} s, ${grouped(this.#done / seconds)}/s`;
  }

  #say(): void {
    const percent = Math.floor((this.#done * 100) / this.#total);
    process.stderr.write(`  ${this.#what}: ${grouped(this.#done)} of ${grouped(this.#total)} (${percent} %)\n`);
  }
}

export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
