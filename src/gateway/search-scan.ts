import type { RecordKeyMatcher } from '../authorization/record-key-rules.ts';
import type { ValueRendering } from '../contracts/record-json.ts';
import { ok, type Result } from '../errors/result.ts';
import type { RecordTest } from '../filter/evaluate-filter.ts';
import { renderRecords } from '../json/render-records.ts';
import type { RenderedRecords } from '../json/rendered-records.ts';
import { limits } from '../limits.ts';
import { decompress } from '../log/compression.ts';
import { decodeRecord, walkBatches } from '../log/record.ts';

/** One piece of a partition's log, as a read gave it. */
export type SearchedPiece = {
  readonly partition: number;
  readonly batches: Uint8Array;
  /** Records below it are left out; the first batch may begin below. */
  readonly fromOffset: number;
  /** The keys that the caller is held to; null: all. */
  readonly matcher: RecordKeyMatcher | null;
};

/** Tries the records of one request, counts them, and renders those that are meant. */
export class SearchScan {
  readonly found: RenderedRecords[] = [];
  /** How many records were tried, whether or not the caller may see them, */
  records = 0;
  /** and their bytes, decompressed. */
  bytes = 0;
  #foundRecords = 0;
  #foundBytes = 0;
  readonly #test: RecordTest;
  readonly #maxFound: number;
  readonly #as: ValueRendering;

  constructor(test: RecordTest, { maxRecords, as }: { readonly maxRecords: number; readonly as: ValueRendering }) {
    this.#test = test;
    this.#maxFound = maxRecords;
    this.#as = as;
  }

  /** Whether the request has tried or found as much as one may. */
  get isSpent(): boolean {
    return (
      this.#foundRecords >= this.#maxFound ||
      this.#foundBytes >= limits.readBytes.value ||
      this.records >= limits.searchedRecords.value ||
      this.bytes >= limits.searchedBytes.value
    );
  }

  /**
   * Tries the records of a piece in their order; answers the offset of the first that was not tried any more, or null
   * when all were. CORRUPT_MESSAGE and the like when a batch cannot be read, and as renderRecords for what was found.
   */
  scan({ partition, batches, fromOffset, matcher }: SearchedPiece): Result<number | null> {
    const meant = new Set<number>();
    let stoppedAt: number | null = null;
    const walked = walkBatches(batches, decompress, (span, section) => {
      if (span.offset < fromOffset) return true;
      if (this.isSpent) {
        stoppedAt = span.offset;
        return false;
      }
      const bytes = span.end - span.start;
      this.records += 1;
      this.bytes += bytes;
      const record = decodeRecord(section, span);
      if ((matcher !== null && !matcher.matches(record.key)) || !this.#test({ ...record, partition })) return true;
      meant.add(span.offset);
      this.#foundRecords += 1;
      this.#foundBytes += bytes;
      return true;
    });
    if (!walked.ok) return walked;
    if (meant.size === 0) return ok(stoppedAt);
    const rendered = renderRecords(batches, {
      partition,
      fromOffset,
      maxRecords: meant.size,
      as: this.#as,
      shape: 'record',
      isSingleLine: false,
      isShown: (_key, offset) => meant.has(offset),
      decompress,
    });
    if (!rendered.ok) return rendered;
    this.found.push(rendered.value);
    return ok(stoppedAt);
  }
}
