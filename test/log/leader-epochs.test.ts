import { describe, expect, test } from 'vitest';
import { checkLeaderEpoch, endOfLeaderEpoch } from '../../src/log/leader-epochs.ts';
import { PartitionHarness, testRef, unwrap } from '../support/partition-harness.ts';

test.each([
  [-1, 3, null],
  [3, 3, null],
  [2, 3, 'FENCED_LEADER_EPOCH'],
  [4, 3, 'UNKNOWN_LEADER_EPOCH'],
] as const)('a reader that names epoch %i of a log in epoch %i is told %s', (named, leaderEpoch, code) => {
  const checked = checkLeaderEpoch(named, leaderEpoch);
  expect(checked.ok ? null : checked.error.code).toBe(code);
});

describe('what a reader of an epoch knew ends', () => {
  const starts = [
    { leaderEpoch: 0, startOffset: 0 },
    { leaderEpoch: 2, startOffset: 60 },
    { leaderEpoch: 5, startOffset: 80 },
  ];
  const current = { leaderEpoch: 5, endOffset: 100 };

  test.each([
    ['where the next epoch begins', 0, { leaderEpoch: 0, endOffset: 60 }],
    ['as that of an earlier epoch, when all of its own are gone', 1, { leaderEpoch: 0, endOffset: 60 }],
    ['where an epoch begins that is not the next number', 3, { leaderEpoch: 2, endOffset: 80 }],
    ['at the end of the log, in the epoch in force', 5, current],
    ['nowhere, for an epoch that there has not been', 6, null],
    ['nowhere, for no epoch', -1, null],
  ] as const)('%s', (_, asked, end) => {
    expect(endOfLeaderEpoch(starts, current, asked)).toEqual(end);
  });

  test('nowhere that anybody could say, in a log that was recovered before its epochs were kept', () => {
    expect(endOfLeaderEpoch([], current, 4)).toBeNull();
    expect(endOfLeaderEpoch([], current, 5)).toEqual(current);
  });
});

test('a log keeps where its epochs begin, over restarts and losses', async () => {
  const partition = await new PartitionHarness().open();
  const endOf = async (leaderEpoch: number) =>
    unwrap(await partition.service.endOfLeaderEpoch(testRef, 1, leaderEpoch)).end;
  const loseFrom = async (offset: number) => {
    partition.nowMs += 5_000;
    await partition.runAlarm();
    partition.store.run('DELETE FROM segment_0 WHERE base_offset >= ?', offset);
    partition.restart();
    unwrap(await partition.service.recover(testRef, 1));
  };
  for (let n = 0; n < 10; n += 1) unwrap(await partition.appendValues(`${n}`));
  expect(await endOf(0)).toEqual({ leaderEpoch: 0, endOffset: 10 });
  await loseFrom(6);
  for (let n = 0; n < 3; n += 1) unwrap(await partition.appendValues(`again ${n}`));
  expect(await endOf(0)).toEqual({ leaderEpoch: 0, endOffset: 6 });
  expect(await endOf(1)).toEqual({ leaderEpoch: 1, endOffset: 9 });
  await loseFrom(4);
  partition.restart();
  // Nothing of epoch 1 is left.
  expect(await endOf(0)).toEqual({ leaderEpoch: 0, endOffset: 4 });
  expect(await endOf(1)).toEqual({ leaderEpoch: 0, endOffset: 4 });
  expect(await endOf(2)).toEqual({ leaderEpoch: 2, endOffset: 4 });
  expect(await endOf(3)).toBeNull();
  const named = (currentLeaderEpoch: number) =>
    partition.service.readRecords({
      ref: testRef,
      configVersion: 1,
      from: { offset: 9 },
      maxBytes: 1_000,
      currentLeaderEpoch,
    });
  expect(await named(1), 'the epoch counts before the offset').toMatchObject({
    error: { code: 'FENCED_LEADER_EPOCH' },
  });
  expect(await named(2)).toMatchObject({ error: { code: 'OFFSET_OUT_OF_RANGE' } });
});
