import type { Mutant } from '../../support/lay-mutant.ts';

const one = (name: string, breaks: string, file: string, find: string, replace: string): Mutant => ({
  name,
  breaks,
  edits: [{ file: `src/groups/share/${file}`, find, replace }],
});

/** Broken rules of share groups: noticed by seeds in which one works. */
export const shareMutants: readonly Mutant[] = [
  one(
    'locks-are-not-looked-at',
    'A record that is locked for one member is given to another.',
    'share-state.ts',
    "if (left <= 0 || range.state !== 'available' || range.atMs > nowMs) {",
    "if (left <= 0 || (range.state !== 'available' && range.state !== 'acquired') || range.atMs > nowMs + 1e9) {",
  ),
  one(
    'lock-id-not-compared',
    'A decision counts whatever lock it names.',
    'share-state.ts',
    "const isHeld = ({ state: found, lockId: held }: ShareRange) => found === 'acquired' && held === lockId;",
    "const isHeld = ({ state: found, lockId: held }: ShareRange) => found === 'acquired' && held.length === lockId.length;",
  ),
  one(
    'locks-outlive-their-time',
    'A decision counts although the lock has run out.',
    'share-state.ts',
    `  const state = expire(before, config, nowMs);
  const { from, to, lockId, type } = command;`,
    `  const state = before;
  const { from, to, lockId, type } = command;`,
  ),
  one(
    'deliveries-are-not-counted',
    'A delivery is counted as the first one, whichever it is.',
    'share-state.ts',
    'fate.acquired(range.deliveryCount + 1, { lockId, memberId, untilMs }), last });',
    'fate.acquired(1, { lockId, memberId, untilMs }), last });',
  ),
  one(
    'delivery-not-stored',
    'A delivery is handed out before it is counted durably.',
    'share-partition-service.ts',
    'if (text !== this.#storedText) this.#store.saveState(text);',
    "if (text !== this.#storedText && !text.includes('acquired')) this.#store.saveState(text);",
  ),
  one(
    'start-passes-what-is-open',
    'The start moves past records that nobody has decided on.',
    'share-state.ts',
    'const open = after.ranges.findIndex((range) => !isTerminal(range));',
    "const open = after.ranges.findIndex((range) => !isTerminal(range) && range.state !== 'available');",
  ),
  one(
    'over-the-limit',
    'A record is delivered again although it was delivered as often as it may be.',
    'share-state.ts',
    "if (deliveryCount >= config.deliveryLimit) return deathFate(deliveryCount, 'delivery-limit', config, nowMs);",
    '',
  ),
  one(
    'letters-at-once',
    'Two alarms at once write the same dead letters.',
    'share-partition-service.ts',
    'this.#alarmRun ??= this.#runDue()',
    'this.#alarmRun = this.#runDue()',
  ),
  one(
    'letters-without-a-sequence',
    'A dead letter that is sent again has another sequence.',
    'dead-letter-sender.ts',
    'if (stored.batch !== null) return ok({ row, ...stored });',
    `if (stored.batch !== null && stored.producer !== null) {
      const given = await this.#door.newProducer(row.ref);
      return given.ok ? ok({ row, batch: stored.batch, producer: { ...stored.producer, ...given.value, nextSequence: 0 } }) : given;
    }`,
  ),
  one(
    'letters-forgotten',
    'A record counts as buried before its letter is written.',
    'dead-letter-sender.ts',
    `    if (appended.ok) {
      this.#settle(producer, batch);`,
    `    if (appended.ok || appended.error.code === 'UNKNOWN_OUTCOME' || appended.error.code === 'OVERLOADED') {
      this.#settle(producer, batch);`,
  ),
  one(
    'locks-never-run-out',
    'What a dead member holds is never released.',
    'share-state.ts',
    "const isOver = (range: ShareRange) => range.state === 'acquired' && range.atMs <= nowMs;",
    "const isOver = (range: ShareRange) => range.state === 'acquired' && range.atMs + 1e9 <= nowMs;",
  ),
];
