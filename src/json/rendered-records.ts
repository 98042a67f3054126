import { assert } from '../errors/assert.ts';
import { bytesOfByteString, textOfByteString } from './byte-string.ts';

/** Stands in no JSON text, where control characters are escaped. */
const nul = '\u0000';

/** Records rendered as JSON, in offset order; their texts as strings or, cheaper, as the bytes of an answer. */
export class RenderedRecords {
  /** The offset of each record. */
  readonly offsets: readonly number[];
  /** Bytes of all texts in UTF-8, with a separator of one byte between each two. */
  readonly textBytes: number;
  /** The offset after the last one covered: where the next read goes on. */
  readonly nextOffset: number;
  readonly #byteStrings: readonly string[];
  readonly #hasHighBytes: boolean;

  /** `byteStrings` hold the UTF-8 of the texts, which are ASCII unless `hasHighBytes`. */
  constructor(
    byteStrings: readonly string[],
    facts: Pick<RenderedRecords, 'offsets' | 'textBytes' | 'nextOffset'> & { readonly hasHighBytes: boolean },
  ) {
    this.#byteStrings = byteStrings;
    this.#hasHighBytes = facts.hasHighBytes;
    this.offsets = facts.offsets;
    this.textBytes = facts.textBytes;
    this.nextOffset = facts.nextOffset;
  }

  /** A JSON text a record. */
  get texts(): readonly string[] {
    if (!this.#hasHighBytes || this.#byteStrings.length === 0) return this.#byteStrings;
    return this.joinText(nul).split(nul);
  }

  /** All texts with `separator` (ASCII) between each two. */
  joinText(separator: string): string {
    const joined = this.#byteStrings.join(separator);
    const text = this.#hasHighBytes ? textOfByteString(joined) : joined;
    assert(text !== null, 'what was rendered is UTF-8');
    return text;
  }

  /** The UTF-8 of all texts with `separator` between each two, between `before` and `after` (all ASCII): a whole answer. */
  joinBytes(separator: string, before = '', after = ''): Uint8Array {
    return bytesOfByteString(`${before}${this.#byteStrings.join(separator)}${after}`);
  }
}
