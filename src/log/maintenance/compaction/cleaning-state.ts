import type { SqlStore } from '../../../platform/sql-store.ts';
import { JobStore } from '../job-store.ts';

/** How far a partition is compacted; stored as long as the partition lives. */
export type CleaningState = {
  /** Of two records of one key below it, the earlier is gone. */
  readonly cleanedOffset: number;
  /** When a pass last came to its end; null before the first. */
  readonly cleanedAtMs: number | null;
  readonly pass: CleaningPass | null;
};

/** A pass over the log, from its start on. */
export type CleaningPass = {
  /** Only records below it are removed, and only for later ones below it. */
  readonly endOffset: number;
  /** Segments below it were rewritten by this pass. */
  readonly doneOffset: number;
  /** The object that is being made; null when none is. */
  readonly objectKey: string | null;
};

const initialState: CleaningState = { cleanedOffset: 0, cleanedAtMs: null, pass: null };

/** The state of compaction, which every step takes up from here. */
export class CleaningStateStore {
  readonly #job: JobStore<CleaningState>;

  constructor(sql: SqlStore) {
    this.#job = new JobStore(sql, 'compaction');
  }

  load(): CleaningState {
    return this.#job.load() ?? initialState;
  }

  /** Inside a transaction. */
  store(state: CleaningState): void {
    this.#job.store(state);
  }
}
