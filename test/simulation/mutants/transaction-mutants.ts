import type { Mutant } from '../../support/lay-mutant.ts';

const one = (name: string, breaks: string, file: string, find: string, replace: string): Mutant => ({
  name,
  breaks,
  edits: [{ file: `src/${file}`, find, replace }],
});

/** Broken rules of transactions: noticed by seeds in which programs write in them. */
export const transactionMutants: readonly Mutant[] = [
  one(
    'decision-not-stored',
    'What was decided is told to some, and lost with the memory of the coordinator.',
    'transactions/transaction-service.ts',
    'else this.#store.save(state);',
    'else if (state.prepared === null) this.#store.save(state);',
  ),
  one(
    'marker-told-once',
    'A partition that cannot be reached is taken for having heard of the decision.',
    'transactions/marker-delivery.ts',
    `            isWhole = false;
            reportError(error);`,
    '            reportError(error);',
  ),
  one(
    'refused-marker-counts',
    'A partition that refuses a marker is taken for having written it.',
    'transactions/marker-delivery.ts',
    'isWhole &&= told.ok;',
    '',
  ),
  one(
    'no-timeout',
    'Nobody aborts the transaction of a producer that died.',
    'transactions/transaction-service.ts',
    'if (dueMs !== null && dueMs <= nowMs) this.#save(fence(state, nowMs));',
    '',
  ),
  {
    name: 'timeout-overrules-the-decision',
    breaks: 'A transaction whose time is over is aborted although it was decided to be committed.',
    edits: [
      {
        file: 'src/transactions/transaction-decisions.ts',
        find: "return phase === 'Ongoing' && startedAtMs !== null ? startedAtMs + timeoutMs : null;",
        replace: "return phase !== 'PrepareAbort' && startedAtMs !== null ? startedAtMs + timeoutMs : null;",
      },
      {
        file: 'src/transactions/transaction-decisions.ts',
        find: "assert(state.phase === 'Ongoing', 'only a transaction under way is fenced');",
        replace: '',
      },
    ],
  },
  one(
    'timeout-fences-nobody',
    'The producer of a transaction that was aborted for its age goes on with its epoch.',
    'transactions/transaction-decisions.ts',
    `  assert(state.phase === 'Ongoing', 'only a transaction under way is fenced');
  const producer = bumped(state.producer);`,
    `  assert(state.phase === 'Ongoing', 'only a transaction under way is fenced');
  const { producer } = state;`,
  ),
  one(
    'init-keeps-the-epoch',
    'A new instance of a producer is given the epoch of the one before.',
    'transactions/transaction-decisions.ts',
    `  const producer = nextProducer(state, freshProducerId);
  const next = { ...state, phase: 'Empty' as const,`,
    `  const { producer } = state;
  const next = { ...state, phase: 'Empty' as const,`,
  ),
  one(
    'epoch-not-bumped',
    'Transactions of a client that has an epoch for each all have the same one.',
    'transactions/transaction-decisions.ts',
    `    const next = bumpsEpoch ? nextProducer(state, freshProducerId) : producer;
    const markers = { producer: bumpsEpoch ? bumped(producer) : producer, committed };`,
    `    const next = producer;
    const markers = { producer, committed };`,
  ),
  one(
    'older-epochs-take-part',
    'A fenced producer adds partitions to the transaction of the newer one.',
    'transactions/transaction-decisions.ts',
    'if (state.producer.producerEpoch !== producer.producerEpoch) return fenced(state, producer);',
    '',
  ),
  one(
    'end-ends-the-next',
    'An end that comes late ends the next transaction of a client whose epoch does not move.',
    'transactions/transaction-decisions.ts',
    'if (isCurrent && transactionNumber !== undefined && transactionNumber !== state.transactionNumber) return isOver();',
    '',
  ),
  one(
    'ended-transaction-begins-again',
    'A batch that comes after the marker of its transaction opens it anew.',
    'log/transactions/open-transaction.ts',
    'return transactionNumber === null || isKnownEnded ? unverified() : ok(null);',
    'return transactionNumber === null ? unverified() : ok(null);',
  ),
  one(
    'open-transactions-not-stored',
    'A partition that starts anew knows of no open transaction.',
    'log/transactions/transaction-store.ts',
    'of begun) {\n      this.#sql.run(',
    'of begun.slice(1)) {\n      this.#sql.run(',
  ),
  one(
    'aborted-index-entry-dropped',
    'A transaction that was aborted is not entered in the index.',
    'log/transactions/transaction-store.ts',
    'lastStableOffset } of aborted) {',
    'lastStableOffset } of aborted.slice(1)) {',
  ),
  one(
    'stable-past-open-transactions',
    'A committed reader is shown records of transactions that are not decided.',
    'log/partition-read.ts',
    'isCommitted ? bounds.lastStableOffset : bounds.highWatermark',
    'bounds.highWatermark',
  ),
  one(
    'plan-tells-of-its-start-only',
    'A plan for tiered segments tells of aborted transactions from where it was asked for, and is used from before that.',
    'log/partition-read.ts',
    'const hasAborted = transactions.aborted(lowest,',
    'const hasAborted = transactions.aborted(Math.max(lowest, startOffset),',
  ),
  one(
    'offsets-kept-when-aborted',
    'Offsets become those of the group although their transaction was aborted.',
    'groups/transactional-offsets.ts',
    'committed: committed ? pending : [] };',
    'committed: pending };',
  ),
  one(
    'offsets-lost-when-committed',
    'Offsets of a committed transaction never become those of the group.',
    'groups/transactional-offsets.ts',
    'committed: committed ? pending : [] };',
    'committed: [] };',
  ),
  one(
    'pending-offsets-not-waited-for',
    'A member begins at an offset that a transaction under way is about to change.',
    'gateway/group-consumer.ts',
    'position === undefined && assigned.isPending',
    'position === undefined && assigned.isPending && assigned.offset === -1',
  ),
  one(
    'member-stays-at-aborted',
    'A member whose page holds nothing to show reads the same page for ever.',
    'api/v1/group-consume-answer.ts',
    'count === 0 ? nextOffset : rendered.value.nextOffset',
    'rendered.value.nextOffset',
  ),
  {
    name: 'goes-on-in-the-namesake',
    breaks: 'A batch of a transaction is stored in a topic that took over the name, where nobody ends it.',
    edits: [
      {
        file: 'src/gateway/produce.ts',
        find: 'changes: true, isSameTopic: transaction !== null }',
        replace: 'changes: true }',
      },
      { file: 'src/gateway/produce.ts', find: '        isSameTopic: transaction !== null,\n', replace: '' },
    ],
  },
  one(
    'coordinators-not-swept',
    'Nobody looks after coordinators whose alarm was lost.',
    'gateway/transactions/transaction-gateway.ts',
    'inWaves(taken.value.transactionalIds, async',
    'inWaves(taken.value.transactionalIds.slice(0, 0), async',
  ),
];
