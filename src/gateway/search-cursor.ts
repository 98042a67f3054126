/** Where a search goes on. Times like -15m stay what they were when the search began. */
export type SearchCursor = {
  readonly topicId: string;
  readonly partition: number;
  /** Null: the partition was not looked at yet. */
  readonly offset: number | null;
  readonly startedAtMs: number;
};

const form = /^1 ([0-9a-f-]{36}) (\d{1,4}) (\d{1,16}|-) (\d{1,15})$/;

/** Writes a cursor as text; the first character is its version. */
export function formatSearchCursor({ topicId, partition, offset, startedAtMs }: SearchCursor): string {
  return `1 ${topicId} ${partition} ${offset ?? '-'} ${startedAtMs}`;
}

/** The opposite of {@link formatSearchCursor}; null for what it did not write. */
export function parseSearchCursor(text: string): SearchCursor | null {
  const [, topicId, partition, offset, startedAtMs] = form.exec(text) ?? [];
  if (topicId === undefined || (offset !== '-' && !Number.isSafeInteger(Number(offset)))) return null;
  return {
    topicId,
    partition: Number(partition),
    offset: offset === '-' ? null : Number(offset),
    startedAtMs: Number(startedAtMs),
  };
}
