import type { Terminal } from './terminal.ts';

const tickMs = 1_000;

/** Counts records and says every second how many there are and how fast they come. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #startedAtMs = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | null;
  readonly #noun: string;
  #records = 0;
  #bytes = 0;
  #recordsAtTick = 0;

  /** `noun` is what is counted; null shows nothing. `totalBytes`, if known, is for a percentage. */
  constructor(terminal: Terminal, noun: string | null, totalBytes: number | null = null) {
    this.#terminal = terminal;
    this.#noun = noun ?? '';
    this.#timer = noun === null ? null : setInterval(() => this.#tick(totalBytes), tickMs);
    this.#timer?.unref();
  }

  get records(): number {
    return this.#records;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  add(records: number, bytes: number): void {
    this.#records += records;
    this.#bytes += bytes;
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** `200,000 records in 1.8 s (111,111/s, 21.2 MB/s)`. */
  summary(): string {
    const seconds = Math.max(this.elapsedMs, 1) / 1000;
    const rate = Math.round(this.#records / seconds);
    const megabytes = this.#bytes / seconds / 1e6;
    return `${grouped(this.#records)} ${this.#noun || 'records'} in ${seconds.toFixed(1)} s (${grouped(rate)}/s, ${megabytes.toFixed(1)} MB/s)`;
  }

  #tick(totalBytes: number | null): void {
    const rate = grouped(Math.round(((this.#records - this.#recordsAtTick) * 1000) / tickMs));
    this.#recordsAtTick = this.#records;
    const share = totalBytes ? ` ${Math.min(100, Math.floor((this.#bytes * 100) / totalBytes))} %` : '';
    this.#terminal.progress(`${grouped(this.#records)} ${this.#noun}, ${rate}/s${share}`);
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
