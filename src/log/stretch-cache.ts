/** Stretches of objects that were read and verified, for the next reader: bounded, the least recently used goes first. */
export class BlockCache {
  readonly #bytesMax: number;
  readonly #blocks = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(objectKey: string, start: number): Uint8Array | null {
    const name = blockName(objectKey, start);
    const block = this.#blocks.get(name);
    if (block === undefined) return null;
    this.#blocks.delete(name);
    this.#blocks.set(name, block);
    return block;
  }

  put(objectKey: string, start: number, block: Uint8Array): void {
    const name = blockName(objectKey, start);
    this.#remove(name);
    this.#blocks.set(name, block);
    this.#bytes += block.length;
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#remove(oldest);
    }
  }

  #remove(name: string): void {
    this.#bytes -= this.#blocks.get(name)?.length ?? 0;
    this.#blocks.delete(name);
  }
}

function blockName(objectKey: string, start: number): string {
  return `${objectKey}@${start}`;
}
