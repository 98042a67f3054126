import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffLines } from '../../../dashboard/src/records/line-diff.ts';

const sideOf = (left: string, right: string, side: 'left' | 'right') =>
  diffLines(left, right)
    .filter((line) => line.side === 'both' || line.side === side)
    .map(({ text }) => text)
    .join('\n');

describe('a comparison of two texts', () => {
  test('has common lines once, and the others at their side', () => {
    expect(diffLines('{\n  "a": 1\n}', '{\n  "a": 2,\n  "b": 3\n}')).toEqual([
      { side: 'both', text: '{' },
      { side: 'left', text: '  "a": 1' },
      { side: 'right', text: '  "a": 2,' },
      { side: 'right', text: '  "b": 3' },
      { side: 'both', text: '}' },
    ]);
  });

  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));

  test('has both texts in it, whatever they are', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(sideOf(left, right, 'left')).toBe(left);
        expect(sideOf(left, right, 'right')).toBe(right);
        if (left === right) expect(diffLines(left, right).every(({ side }) => side === 'both')).toBe(true);
      }),
    );
  });

  test('of texts that have nothing in common is all of one, then all of the other', () => {
    const lines = (letter: string) => Array.from({ length: 3_000 }, (_, index) => `${letter}${index}`).join('\n');
    const sides = diffLines(lines('a'), lines('b')).map(({ side }) => side);
    expect(sides.indexOf('right')).toBe(3_000);
    expect(sides.lastIndexOf('left')).toBe(2_999);
  });
});
