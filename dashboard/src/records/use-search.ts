import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { Client, ConsumedRecord, SearchOptions, SearchPage } from '../../../src/client/index.ts';

/** A search rests after so many records by itself, however few it found: going on costs, and somebody should want it. */
const triedPerRun = 500_000;

export type Search = {
  /** In the order of partitions and offsets. */
  readonly records: readonly ConsumedRecord[];
  /** What was tried so far, */
  readonly triedRecords: number;
  readonly triedBytes: number;
  /** how long it took, */
  readonly elapsedMs: number;
  /** and how far the partitions came that were read. */
  readonly reached: ReadonlyMap<number, SearchPage['partitions'][number]>;
  readonly partitionCount: number | null;
  readonly isNarrowedByKey: boolean;
  readonly state: 'running' | 'resting' | 'ended';
  readonly cursor: string | null;
  readonly error: Error | null;
};

const unsearched: Search = {
  records: [],
  triedRecords: 0,
  triedBytes: 0,
  elapsedMs: 0,
  reached: new Map(),
  partitionCount: null,
  isNarrowedByKey: false,
  state: 'running',
  cursor: null,
  error: null,
};

type Step =
  | { readonly kind: 'began'; readonly cursor: string | null }
  | { readonly kind: 'page'; readonly page: SearchPage; readonly tookMs: number }
  | { readonly kind: 'rested'; readonly error: Error | null };

function stepped(search: Search, step: Step): Search {
  switch (step.kind) {
    case 'began':
      return step.cursor === null ? unsearched : { ...search, state: 'running', error: null };
    case 'page': {
      const { records, scanned, partitions, partitionCount, isNarrowedByKey, cursor } = step.page;
      return {
        ...search,
        records: records.length === 0 ? search.records : [...search.records, ...records],
        triedRecords: search.triedRecords + scanned.records,
        triedBytes: search.triedBytes + scanned.bytes,
        elapsedMs: search.elapsedMs + step.tookMs,
        reached: new Map([...search.reached, ...partitions.map((reached) => [reached.partition, reached] as const)]),
        partitionCount,
        isNarrowedByKey,
        cursor,
        state: cursor === null ? 'ended' : search.state,
      };
    }
    case 'rested':
      return { ...search, state: search.state === 'ended' ? 'ended' : 'resting', error: step.error };
  }
}

export type SteeredSearch = Search & { readonly goOn: () => void; readonly stop: () => void };

export type SearchRequest = Omit<SearchOptions, 'cursor' | 'signal'> & { readonly maxRecords: number };

/** Searches until a page's worth was found, then rests; goes on and stops when it is told to. What it found stays. */
export function useSearch(client: Client, request: SearchRequest): SteeredSearch {
  const [search, dispatch] = useReducer(stepped, unsearched);
  const stopper = useRef<AbortController | null>(null);
  const requestKey = JSON.stringify(request);
  const run = useCallback(
    (cursor: string | null) => {
      stopper.current?.abort();
      const stop = new AbortController();
      stopper.current = stop;
      dispatch({ kind: 'began', cursor });
      const options = {
        ...(JSON.parse(requestKey) as SearchRequest),
        cursor: cursor ?? undefined,
        signal: stop.signal,
      };
      void runPages(client, options, dispatch)
        .then(() => null)
        .catch((error: Error) => error)
        .then((error) => stop.signal.aborted || dispatch({ kind: 'rested', error }));
    },
    [client, requestKey],
  );
  useEffect(() => {
    run(null);
    return () => stopper.current?.abort();
  }, [run]);
  const rest = () => {
    stopper.current?.abort();
    dispatch({ kind: 'rested', error: null });
  };
  return { ...search, goOn: () => run(search.cursor), stop: rest };
}

async function runPages(
  client: Client,
  options: SearchOptions & { readonly maxRecords: number; readonly signal: AbortSignal },
  dispatch: (step: Step) => void,
): Promise<void> {
  let found = 0;
  let tried = 0;
  let beganMs = performance.now();
  for await (const page of client.search(options)) {
    if (options.signal.aborted) return;
    dispatch({ kind: 'page', page, tookMs: performance.now() - beganMs });
    found += page.records.length;
    tried += page.scanned.records;
    if (found >= options.maxRecords || tried >= triedPerRun) return;
    beganMs = performance.now();
  }
}
