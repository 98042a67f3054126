import { describe, expect, test } from 'vitest';
import { type AnomalyKind, anomalyKinds } from '../../src/check/anomaly.ts';
import { checkHistory } from '../../src/check/history-checker.ts';
import { kindsIn, type Line, soundHistory } from './history-builder.ts';

const isSend = (value: number) => (line: Line) => line[0] === 's' && line[7] === value;
const isPoll = (process: string, key: string) => (line: Line) =>
  line[0] === 'p' && line[1] === process && line[5] === key;

/** One fault of each kind, put into a sound history; what else it breaks along the way is named too. */
const injections: Record<AnomalyKind, { inject: (lines: Line[]) => void; alsoSeen?: readonly AnomalyKind[] }> = {
  'lost-write': {
    // The reader of the end finds everything but one acknowledged record, which nobody else read either.
    inject: (lines) => {
      const at = lines.findIndex((line) => line[0] === 'p' && line[5] === 'a/0' && line[6] === 10);
      lines.splice(at, 1);
      replaceRecords(lines, 'final', 'a/0', (records) => records.filter(([offset]) => offset !== 10));
    },
    alsoSeen: ['poll-skip'],
  },
  'missing-record': {
    inject: (lines) => {
      const send = lines.find(isSend(22))!;
      send[4] = 2;
      send[5] = null;
      send[6] = null;
      replaceRecords(lines, 'final', 'a/0', (records) => records.filter(([offset]) => offset !== 10));
    },
    alsoSeen: ['poll-skip'],
  },
  duplicate: {
    inject: (lines) => {
      const end = lines.find((line) => line[0] === 'd' && line[2] === 'a/0')!;
      end[4] = 21;
      const poll = lines.find(isPoll('final', 'a/0'))!;
      poll[8] = 21;
      replaceRecords(lines, 'final', 'a/0', (records) => [...records, [20, 102]]);
      lines.unshift(['s', 'twice', 0, 1000, 2, null, null, 102, null]);
      lines.push(['p', 'other', 900, 901, 0, 'a/1', 20, [[20, 102]], 21, 0, 0]);
      lines.find((line) => line[0] === 'd' && line[2] === 'a/1')![4] = 20;
    },
    alsoSeen: ['missing-record'],
  },
  'offset-mismatch': {
    inject: (lines) => {
      lines.find(isSend(40))![6] = 25;
    },
    alsoSeen: ['lost-write', 'stale-tail'],
  },
  'inconsistent-offset': {
    inject: (lines) => {
      lines.push(['p', 'other', 900, 901, 0, 'a/0', 3, [[3, 100]], 4, 0, 0]);
    },
  },
  'wrong-key': {
    inject: (lines) => {
      const send = lines.find(isSend(40))!;
      send[5] = 'a/1';
      send[6] = 20;
      lines.find((line) => line[0] === 'd' && line[2] === 'a/1')![4] = 20;
    },
    alsoSeen: ['lost-write'],
  },
  phantom: {
    inject: (lines) => {
      lines.push(['p', 'other', 900, 901, 0, 'b/0', 0, [[0, 777]], 1, 0, 0]);
    },
  },
  'failed-send-read': {
    inject: (lines) => {
      lines.push(['p', 'other', 900, 901, 0, 'b/0', 0, [[0, 101]], 1, 0, 0]);
    },
  },
  'read-from-future': {
    inject: (lines) => {
      lines.push(['p', 'other', 1, 2, 0, 'a/0', 19, [[19, 40]], 20, 0, 0]);
    },
    alsoSeen: ['real-time-order', 'stale-tail'],
  },
  'real-time-order': {
    inject: (lines) => {
      // Sent after everything was acknowledged, yet in front of it.
      const send = lines.find(isSend(2))!;
      send[2] = 800;
      send[3] = 805;
      for (const line of lines) if (line[0] === 'p' && line[5] === 'a/0' && line[6] === 0) line[3] = 900;
    },
    alsoSeen: ['producer-order'],
  },
  'producer-order': {
    inject: (lines) => {
      const [earlier, later] = [lines.find(isSend(20))!, lines.find(isSend(22))!];
      // Under way at the same time, so only the producer's own order is broken.
      later[2] = (earlier[2] as number) - 1;
      lines.splice(lines.indexOf(later), 1);
      lines.splice(lines.indexOf(earlier), 0, later);
    },
  },
  'stale-tail': {
    inject: (lines) => {
      lines.push(['t', 'other', 900, 901, 0, 'a/0', 12]);
    },
  },
  'nonmonotonic-poll': {
    inject: (lines) => {
      lines.push(['p', 'reader', 900, 901, 0, 'a/0', 4, [[4, 10]], 5, 0, 0]);
    },
  },
  'poll-skip': {
    inject: (lines) => {
      const at = lines.findIndex(
        (line) => line[0] === 'p' && line[1] === 'reader' && line[5] === 'a/0' && line[6] === 7,
      );
      lines.splice(at, 1);
    },
  },
  'gap-without-reason': {
    inject: (lines) => {
      lines.push(['o', 'other', 900, 'a/0', 0, 3, 'retention', 0]);
    },
  },
};

function replaceRecords(
  lines: Line[],
  process: string,
  key: string,
  change: (records: (readonly (number | string)[])[]) => (readonly (number | string)[])[],
): void {
  const poll = lines.find(isPoll(process, key))!;
  poll[7] = change([...(poll[7] as (readonly (number | string)[])[])]);
}

describe('a history', () => {
  test('without a fault shows no anomaly', () => {
    expect(kindsIn(soundHistory())).toEqual([]);
  });

  test.each(anomalyKinds)('with an injected %s shows it', (kind) => {
    const lines = soundHistory();
    const { inject, alsoSeen = [] } = injections[kind];
    inject(lines);
    expect(kindsIn(lines).sort()).toEqual([kind, ...alsoSeen].sort());
  });

  test('names the lines that show an anomaly', () => {
    const lines = soundHistory();
    lines.push(['t', 'other', 900, 901, 0, 'a/0', 12]);
    const report = checkHistory(lines.map((line) => JSON.stringify(line)));
    expect(report.anomalies).toHaveLength(1);
    expect(report.anomalies[0]).toMatchObject({ kind: 'stale-tail', key: 'a/0' });
    expect(report.anomalies[0]!.lines).toContain(lines.length);
  });

  test('may hold a repeatable record twice', () => {
    const lines = soundHistory();
    lines.push(['s', 'careless', 0, 1000, 2, null, null, 200, null, 'repeatable']);
    lines.push(['p', 'other', 900, 901, 0, 'b/0', 0, [[0, 200]], 1, 0, 0]);
    lines.push(['p', 'other', 902, 903, 0, 'b/0', 1, [[1, 200]], 2, 0, 0]);
    expect(kindsIn(lines)).toEqual([]);
  });

  test('of a compacted partition may lack what a later record with its key supersedes, and nothing else', () => {
    const compacted = (kept: readonly (readonly [number, number])[]): Line[] => [
      ['x', 'c/0'],
      ['s', 'p', 0, 1, 0, 'c/0', 0, 1, null, null, 'red'],
      ['s', 'p', 2, 3, 0, 'c/0', 1, 2, null, null, 'blue'],
      ['s', 'p', 4, 5, 0, 'c/0', 2, 3, null, null, 'red'],
      ['p', 'final', 6, 7, 0, 'c/0', 0, kept, 3, 0, 0],
      ['d', 'final', 'c/0', 0, 3],
    ];
    expect(
      kindsIn(
        compacted([
          [1, 2],
          [2, 3],
        ]),
      ),
    ).toEqual([]);
    expect(
      kindsIn(
        compacted([
          [0, 1],
          [2, 3],
        ]),
      ).sort(),
    ).toEqual(['lost-write', 'poll-skip']);
    expect(
      kindsIn(
        compacted([
          [0, 1],
          [1, 2],
        ]),
      ).sort(),
    ).toEqual(['lost-write', 'poll-skip']);
  });

  test('that ends before what was acknowledged has lost it', () => {
    const lines = soundHistory();
    lines.find((line) => line[0] === 'd' && line[2] === 'a/0')![4] = 19;
    expect(kindsIn(lines)).toEqual(['lost-write']);
  });

  test('that begins later than any rule allows has lost its beginning', () => {
    const lines = soundHistory().filter((line) => line[0] !== 'b' && line[0] !== 'o');
    expect(kindsIn(lines)).toEqual(['lost-write']);
  });
});

describe('lines that are no operation', () => {
  test.each([
    'no json',
    '{}',
    '["z"]',
    '["s","p",2,1,0,"k",0,1,null]',
    '["s","p",0,1,0,null,null,1,null]',
    '["s","p",0,1,3,"k",0,1,null]',
    '["p","r",0,1,0,"k",0,[[0]],1,0,0]',
    '["t","r",0,1,0,"k",-1]',
    '["o","r",0,"k",0,1]',
    '["b",0,"k"]',
    '["d","r","k",0]',
  ])('are named: %s', (line) => {
    const report = checkHistory(['', line]);
    expect(report.unreadable).toHaveLength(1);
    expect(report.unreadable[0]).toMatchObject({ line: 2 });
  });

  test('and a value that is sent twice cannot be judged', () => {
    const report = checkHistory(['["s","p",0,1,0,"k",0,1,null]', '["s","p",2,3,0,"k",1,1,null]']);
    expect(report.unreadable[0]?.message).toContain('line 1');
  });
});

test('a million operations are checked in one pass over the lines and one over each partition', () => {
  const checker = function* lines() {
    for (let value = 0; value < 300_000; value += 1) {
      const key = `t/${value % 8}`;
      const offset = Math.floor(value / 8);
      yield `["s","p${value % 50}",${value},${value + 40},0,"${key}",${offset},${value},null,"ordered"]`;
      yield `["p","r${value % 8}",${value + 41},${value + 42},0,"${key}",${offset},[[${offset},${value}]],${offset + 1},0,0]`;
    }
  };
  const report = checkHistory(checker());
  expect(report).toMatchObject({ operations: 600_000, acknowledged: 300_000, anomalyCount: 0, unreadable: [] });
});
