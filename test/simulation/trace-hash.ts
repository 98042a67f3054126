/** A running hash of everything that happened, in order: two runs with equal hashes were the same run. */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x01000193;
  readonly #print: ((line: string) => void) | null;

  /** `print` gets every line, for a run that is looked at. */
  constructor(print: ((line: string) => void) | null) {
    this.#print = print;
  }

  get isPrinted(): boolean {
    return this.#print !== null;
  }

  add(atMs: number, text: string): void {
    this.#mix(atMs.toFixed(6));
    this.#mix(text);
    this.#print?.(`${atMs.toFixed(3).padStart(12)} ${text}`);
  }

  get digest(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }

  #mix(text: string): void {
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < text.length; index += 1) {
      low = Math.imul(low ^ text.charCodeAt(index), 0x01000193);
      high = Math.imul(high ^ low, 0x85ebca6b) ^ (high >>> 13);
    }
    this.#low = low;
    this.#high = high;
  }
}
