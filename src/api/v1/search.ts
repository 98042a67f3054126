import { failed, ok, type Result } from '../../errors/result.ts';
import { parseFilter } from '../../filter/filter-parser.ts';
import { type Searched, searchRecords as searchTopic } from '../../gateway/search.ts';
import { formatSearchCursor, parseSearchCursor, type SearchCursor } from '../../gateway/search-cursor.ts';
import { limits } from '../../limits.ts';
import type { ReadFrom } from '../../log/partition-rpc.ts';
import { jsonTextAnswer } from '../answers.ts';
import { encodeCursor, pageCursor } from '../page-cursor.ts';
import { problemAnswer } from '../problem.ts';
import { flag, integer, integerOr, oneOf, type QueryValues, readQuery, text } from '../query.ts';
import type { ApiContext, Handler } from '../services.ts';

const encoder = new TextEncoder();

const searchQuery = {
  where: text({ min: 1, max: limits.filterCharacters.value, absent: undefined }),
  partition: integer({ min: 0, max: limits.partitionsPerTopic.value - 1, absent: undefined }),
  every_partition: flag(false),
  offset: integerOr(['earliest', 'latest'], { min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }),
  timestamp: integer({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }),
  cursor: pageCursor,
  max_records: integer({ min: 1, max: limits.searchRecords.max, absent: limits.searchRecords.value }),
  as: oneOf(['auto', 'json', 'text', 'base64'], 'auto'),
  isolation: oneOf(['read_uncommitted', 'read_committed'], 'read_uncommitted'),
};

type SearchQuery = QueryValues<typeof searchQuery>;

export const searchHandlers = { searchRecords } as const satisfies Record<string, Handler>;

async function searchRecords(c: ApiContext): Promise<Response> {
  const { req, env } = c;
  const query = readQuery(req.url, searchQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { where, partition, every_partition, max_records, as, isolation } = query.value;
  if (where === undefined) {
    return problemAnswer(failed('INVALID_REQUEST', 'Query parameter where, the filter, is missing.').error);
  }
  const filter = parseFilter(where);
  if (!filter.ok) return problemAnswer(filter.error);
  const from = readFrom(query.value);
  if (!from.ok) return problemAnswer(from.error);
  const cursor = readCursor(query.value);
  if (!cursor.ok) return problemAnswer(cursor.error);
  const topic = req.param('topic') ?? '';
  const searched = await searchTopic(env, {
    topic,
    filter: filter.value,
    partition: partition ?? null,
    everyPartition: every_partition,
    from: from.value,
    cursor: cursor.value,
    maxRecords: max_records,
    isolation,
    as,
    nowMs: env.clock.nowMs(),
  });
  if (!searched.ok) return problemAnswer(searched.error);
  const answer = encoder.encode(searchAnswer(searched.value));
  c.sent(new Map([[topic, recordCount(searched.value)]]), answer.length);
  // A search that finds nothing was work all the same.
  c.chargeAnswer(Math.max(answer.length, searched.value.scanned.bytes));
  return jsonTextAnswer(answer);
}

function readFrom({ offset, timestamp, partition }: SearchQuery): Result<ReadFrom> {
  if (offset !== undefined && timestamp !== undefined) {
    return failed('INVALID_REQUEST', 'Give offset or timestamp, not both.');
  }
  if (timestamp !== undefined) return ok({ timestampMs: timestamp });
  if (typeof offset !== 'number') return ok(offset ?? 'earliest');
  if (partition === undefined) {
    return failed('INVALID_REQUEST', 'An offset means something in one partition only: give partition with it.');
  }
  return ok({ offset });
}

function readCursor({ cursor }: SearchQuery): Result<SearchCursor | null> {
  if (cursor === null) return ok(null);
  const parsed = parseSearchCursor(cursor);
  return parsed === null ? failed('INVALID_REQUEST', 'Query parameter cursor is no cursor of a search.') : ok(parsed);
}

/** Records are rendered as text and never parsed again, so that their numbers keep all digits. */
function searchAnswer({ found, scanned, partitions, partitionCount, isNarrowedByKey, cursor }: Searched): string {
  const records = found.map((rendered) => rendered.joinText(',')).join(',');
  const rest = JSON.stringify({
    scanned,
    partitions: partitions.map(({ partition, nextOffset, endOffset }) => ({
      partition,
      next_offset: nextOffset,
      end_offset: endOffset,
    })),
    partition_count: partitionCount,
    narrowed_by_key: isNarrowedByKey,
    cursor: cursor === null ? null : encodeCursor(formatSearchCursor(cursor)),
  });
  return `{"records":[${records}],${rest.slice(1)}`;
}

function recordCount({ found }: Searched): number {
  return found.reduce((sum, { offsets }) => sum + offsets.length, 0);
}
