import { describe, expect, test } from 'vitest';
import { readOptions } from '../../bench/options.ts';
import { type Outcome, verdictOf } from '../../bench/outcome.ts';
import { batchOf, jsonValue } from '../../bench/payloads.ts';
import { insertFigures, jsonLine, textTable } from '../../bench/report.ts';
import { interleave, median, medianRatio } from '../../bench/rounds.ts';
import { checkBatches } from '../../src/log/record-batch.ts';

const outcome: Outcome = {
  case: 'produce',
  value: 1_234_567,
  unit: 'records/s',
  baseline: { name: 'raw', value: 2_000_000 },
  ratio: 0.617,
  target: { of: 'ratio', reach: 0.5, aim: 0.8, better: 'more', isGate: true },
};

describe('rounds', () => {
  test('contenders take turns, and odd rounds run backwards', async () => {
    const order: string[] = [];
    const contender = (name: string) => async () => {
      order.push(name);
      return { rate: order.length };
    };
    const rounds = await interleave({ a: contender('a'), b: contender('b') }, 3);
    expect(order.join('')).toBe('abbaab');
    expect(rounds.a).toEqual([{ rate: 1 }, { rate: 4 }, { rate: 5 }]);
    expect(rounds.b).toEqual([{ rate: 2 }, { rate: 3 }, { rate: 6 }]);
  });

  test('the ratio is taken within each round, so that drift cancels', () => {
    const rounds = {
      ours: [{ rate: 10 }, { rate: 100 }, { rate: 1 }],
      base: [{ rate: 5 }, { rate: 50 }, { rate: 0.5 }],
    };
    expect(medianRatio(rounds, 'ours', 'base', 'rate')).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('verdicts', () => {
  test('tell reached from hoped for and from missed, in both directions', () => {
    expect(verdictOf(outcome)).toBe('ok');
    expect(verdictOf({ ...outcome, ratio: 0.8 })).toBe('aim');
    expect(verdictOf({ ...outcome, ratio: 0.49 })).toBe('short');
    const bytes: Outcome = {
      case: 'c',
      value: 118,
      unit: 'bytes',
      target: { of: 'value', reach: 118, better: 'less' },
    };
    expect(verdictOf(bytes)).toBe('ok');
    expect(verdictOf({ ...bytes, value: 118.1 })).toBe('short');
    expect(verdictOf({ ...bytes, target: undefined })).toBe('-');
  });

  test('a ratio that could not be measured has no verdict', () => {
    expect(verdictOf({ ...outcome, ratio: undefined })).toBe('-');
  });

  test('stand in both forms of the report', () => {
    expect(JSON.parse(jsonLine(outcome))).toMatchObject({ case: 'produce', ratio: 0.617, verdict: 'ok' });
    expect(textTable([outcome])).toContain('1,234,567');
    expect(textTable([outcome])).toContain('ok (gate)');
  });
});

describe('insertFigures', () => {
  const document = 'before\n<!-- figures: how -->\nold\n<!-- end of figures -->\nafter\n';

  test('replaces what stands between the markers and nothing else', () => {
    const replaced = insertFigures(document, 'new\ntable');
    expect(replaced).toBe('before\n<!-- figures: how -->\nnew\ntable\n<!-- end of figures -->\nafter\n');
    expect(insertFigures(replaced, 'old')).toBe(document);
  });

  test('refuses a document that has no place for them', () => {
    expect(() => insertFigures('before\n<!-- end of figures -->\n', 'new')).toThrow(TypeError);
    expect(() => insertFigures('<!-- figures: how -->\nold\n', 'new')).toThrow(TypeError);
  });
});

describe('the command line', () => {
  test('chooses suites, format and effort', () => {
    expect(readOptions(['--only', '^ws', '--quick', '--json'])).toMatchObject({
      only: /^ws/,
      isQuick: true,
      format: 'json',
    });
    expect(() => readOptions(['--fast'])).toThrow(TypeError);
  });
});

describe('payloads', () => {
  test('are batches that the platform takes, of records of the size they say', () => {
    const batch = batchOf(100, jsonValue(100));
    const checked = checkBatches(batch, 1_048_588);
    expect(checked.ok && checked.value.map(({ header }) => header.recordCount)).toEqual([100]);
    expect(jsonValue(100)).toHaveLength(100);
    expect(typeof JSON.parse(Buffer.from(jsonValue(100)).toString())).toBe('string');
    // Key, value length and the rest of a record's frame: what the platform stores beside the value.
    expect(batch.length / 100).toBeLessThan(111);
  });
});
