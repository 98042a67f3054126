import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../../src/cli/output/display-width.ts';
import { renderTable } from '../../../src/cli/output/table.ts';

const head = ['TOPIC', 'PARTITIONS', 'CONFIG'];
const rows = [
  ['orders', 3, 'retention.ms=604800000 cleanup.policy=compact,delete max.message.bytes=1048588'],
  ['a-topic-whose-name-is-rather-long', 128, ''],
];

describe('a table', () => {
  test('is as wide as it wants without a terminal, and numbers stand right', () => {
    expect(renderTable(head, rows, null).split('\n')).toEqual([
      'TOPIC                              PARTITIONS  CONFIG',
      `orders                                      3  ${rows[0]![2]}`,
      'a-topic-whose-name-is-rather-long         128',
    ]);
  });

  test('is cut to the width of a terminal where it is widest', () => {
    const lines = renderTable(head, rows, 72).split('\n');
    expect(lines).toEqual([
      'TOPIC                          PARTITIONS  CONFIG',
      'orders                                  3  retention.ms=604800000 clean…',
      'a-topic-whose-name-is-rather…         128',
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(72);
  });

  test('keeps numbers and something of every text in a terminal that is too narrow', () => {
    const [, first, second] = renderTable(head, rows, 10).split('\n');
    expect(first).toBe('orders             3  retenti…');
    expect(second).toBe('a-topic…         128');
  });

  test('does not hand on what a terminal would obey', () => {
    const rendered = renderTable(['NAME'], [['\u001b]0;owned\u0007\u001b[31mred\r\nX\u202edlrow']], null);
    expect(rendered).toBe('NAME\n\ufffd]0;owned\ufffd\ufffd[31mred\ufffd\ufffdX\ufffddlrow');
  });

  test('counts wide letters as two columns', () => {
    expect([displayWidth('ab'), displayWidth('日本'), displayWidth('é'), displayWidth('🙂')]).toEqual([2, 4, 1, 2]);
    expect(
      renderTable(
        ['N', 'X'],
        [
          ['日本', 'y'],
          ['ab', 'z'],
        ],
        null,
      ),
    ).toBe('N     X\n日本  y\nab    z');
  });

  test('is never wider than the terminal, where that has room for all columns', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat());
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
        fc.integer({ min: 60, max: 200 }),
        (all, width) => {
          for (const line of renderTable(['A', 'B', 'C'], all, width).split('\n')) {
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });
});
