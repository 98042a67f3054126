import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { openSources } from '../../src/cli/input/sources.ts';
import { readLineBlocks } from '../../src/record-files/line-blocks.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield bytesOf(chunk);
}

/** Every line with its number. */
async function linesOf(sources: AsyncIterable<Uint8Array>[], skip = 0): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { bytes, firstLine } of readLineBlocks(sources, skip)) {
    const text = new TextDecoder().decode(bytes).replace(/\n$/, '');
    for (const [index, line] of text.split('\n').entries()) lines.push([firstLine + index, line]);
  }
  return lines;
}

describe('blocks of lines', () => {
  test('hold whole lines, the last one without its end too', async () => {
    expect(await linesOf([chunksOf('a\nb', 'c\nd')])).toEqual([
      [1, 'a'],
      [2, 'bc'],
      [3, 'd'],
    ]);
  });

  test('count over several inputs, whose ends are ends of lines', async () => {
    expect(await linesOf([chunksOf('a\nb'), chunksOf(''), chunksOf('c\n')])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  test('refuse a line that no record can be', async () => {
    const long = Array.from({ length: 20 }, () => 'x'.repeat(100_000));
    await expect(linesOf([chunksOf('a\n', ...long)])).rejects.toThrow(/line 2 is longer/);
  });

  test('say which file cannot be read', async () => {
    const sources = openSources(['/nowhere/at/all'], chunksOf());
    const thrown = await linesOf(sources).catch((error) => error);
    expect(thrown).toBeInstanceOf(UsageError);
    expect(thrown.message).toContain('/nowhere/at/all');
  });

  test('are the same lines however the input is cut, and skip leaves the first ones out', async () => {
    const input = fc.array(fc.constantFrom('', 'a', 'bc', '{"x":1}', 'ü'), { maxLength: 20 });
    const cuts = fc.array(fc.nat(60), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(input, cuts, fc.nat(25), async (lines, at, skip) => {
        const bytes = bytesOf(lines.map((line) => `${line}\n`).join(''));
        const edges = [0, ...at.filter((cut) => cut < bytes.length).sort((one, other) => one - other), bytes.length];
        const pieces = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        async function* source() {
          yield* pieces;
        }
        const expected = lines.map((line, index): [number, string] => [index + 1, line]).slice(skip);
        expect(await linesOf([source()], skip)).toEqual(expected);
      }),
    );
  });
});
