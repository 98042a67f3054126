import type { Mutant } from '../support/lay-mutant.ts';

/** Rules of transactions, broken one at a time; the chain must notice each (transaction-mutants.test.ts). */
export const transactionMutants: readonly Mutant[] = [
  {
    name: 'committed-reads-past-open-transactions',
    breaks: 'A committed reader is shown records of transactions that are not decided.',
    edits: [
      {
        file: 'src/log/partition-read.ts',
        find: 'isCommitted ? bounds.lastStableOffset : bounds.highWatermark',
        replace: 'bounds.highWatermark',
      },
    ],
  },
  {
    name: 'aborted-records-shown',
    breaks: 'A committed reader is shown records of aborted transactions.',
    edits: [
      {
        file: 'src/log/transactions/aborted-ranges.ts',
        find: 'if (!isTransactional || isControl) return false;',
        replace: 'if (isTransactional || !isControl) return false;',
      },
    ],
  },
  {
    name: 'offsets-of-aborted-transactions-kept',
    breaks: 'Offsets become those of the group although their transaction was aborted.',
    edits: [
      {
        file: 'src/groups/transactional-offsets.ts',
        find: 'committed: committed ? pending : []',
        replace: 'committed: committed || !committed ? pending : []',
      },
    ],
  },
  {
    name: 'pending-offsets-not-waited-for',
    breaks: 'A member begins at an offset that a transaction under way is about to change.',
    edits: [
      {
        file: 'src/gateway/group-consumer.ts',
        find: 'position === undefined && assigned.isPending',
        replace: 'position === undefined && assigned.isPending && assigned.offset === -1',
      },
    ],
  },
  {
    name: 'open-transaction-forgotten-by-init',
    breaks: 'A new instance of a producer goes on without ending what the one before left open.',
    edits: [
      {
        file: 'src/transactions/transaction-decisions.ts',
        find: "if (state.phase === 'Ongoing') return ok({ state: fence(state, nowMs), answer: { kind: 'aborting' } });",
        replace: '',
      },
    ],
  },
  {
    name: 'older-epochs-write-on',
    breaks: 'A fenced instance of a producer takes part in the transaction of the newer one.',
    edits: [
      {
        file: 'src/transactions/transaction-decisions.ts',
        find: 'if (state.producer.producerEpoch !== producer.producerEpoch) return fenced(state, producer);',
        replace: '',
      },
      {
        file: 'src/log/producer-state.ts',
        find: 'if (header.producerEpoch < entry.producerEpoch) {',
        replace: 'if (header.producerEpoch < entry.producerEpoch - 1_000) {',
      },
    ],
  },
  {
    name: 'decision-not-kept',
    breaks: 'A transaction that was decided to be committed is told to be aborted.',
    edits: [
      {
        file: 'src/transactions/marker-delivery.ts',
        find: 'committed: prepared.committed }',
        replace: 'committed: prepared.committed && transactionNumber % 7 !== 0 }',
      },
    ],
  },
];
