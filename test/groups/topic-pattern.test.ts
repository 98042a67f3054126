import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTopicPattern, type TopicPattern } from '../../src/groups/topic-pattern.ts';

function pattern(source: string): TopicPattern {
  const parsed = parseTopicPattern(source);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** Each may double what it repeats, and these may be nested: more of them could pass the bound of a pattern's states. */
const maxBraces = 4;

/** Patterns of the documented subset, small enough that the runtime's backtracking engine can judge them. */
const sources = fc
  .letrec<{ source: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'a',
        'b',
        '-',
        '\\.',
        '.',
        '[ab]',
        '[^a]',
        '[a-c_]',
        '\\d',
        '\\w',
        '\\W',
        '^',
        '$',
        '[\\d.]',
        '[]a]',
      ),
      tie('source').map((inner) => `(${inner})`),
      tie('source').map((inner) => `(?:${inner})`),
    ),
    source: fc
      .array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '+?')), {
        minLength: 0,
        maxLength: 4,
      })
      .chain((pieces) => {
        const branch = pieces.map(([atom, quantifier]) => (/^[$^]$/.test(atom) ? atom : atom + quantifier)).join('');
        return fc.boolean().map((isChoice) => (isChoice ? `${branch}|a` : branch));
      }),
  }))
  .source.filter((source) => source.length > 0 && source.length <= 100 && source.split('{').length - 1 <= maxBraces);

const names = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '-', '_'), maxLength: 8 });

describe('a topic pattern', () => {
  it('matches what the same JavaScript expression matches whole', () => {
    fc.assert(
      fc.property(sources, names, (source, name) => {
        const expected = new RegExp(`^(?:${source.replaceAll('[]', '[\\]')})$`).test(name);
        expect(pattern(source).matches(name)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('begins every name it matches with its literal prefix', () => {
    expect(pattern('flights-.*').literalPrefix).toBe('flights-');
    expect(pattern('a+b').literalPrefix).toBe('a');
    expect(pattern('(ab)c?d').literalPrefix).toBe('ab');
    fc.assert(
      fc.property(sources, names, (source, name) => {
        const { literalPrefix, matches } = pattern(source);
        expect(!matches(name) || name.startsWith(literalPrefix)).toBe(true);
      }),
    );
  });

  it('takes time linear in the name, whatever it is', () => {
    // Each of these takes a backtracking engine longer than the universe is old.
    const name = `${'a'.repeat(248)}b`;
    for (const source of ['(a*)*c', '(a+)+$c', '(a|a)*c', '(a|aa)+c', '(.*)(.*)(.*)(.*)(.*)(.*)c', '(a{0,30}){0,8}c']) {
      expect(pattern(source).matches(name)).toBe(false);
    }
  });

  it.each([
    ['', 1, '1 to 256'],
    ['a'.repeat(257), 1, '257 characters'],
    ['a(b', 2, 'not closed'],
    ['a)b', 2, 'no group to close'],
    ['a[b', 2, 'not closed'],
    ['*a', 1, 'nothing to repeat'],
    ['a**', 3, 'follows a quantifier'],
    ['a{3,2}', 2, 'the smaller number first'],
    ['a{250}', 2, 'from 0 to 249'],
    ['(?=a)', 3, 'plain groups'],
    ['(a)\\1', 5, 'not supported'],
    ['\\ba', 2, 'not supported'],
    ['ü', 2, 'ASCII'],
    ['[b-a]', 5, 'upside down'],
    ['((a{200}){200}){200}', 1, 'states'],
    ['('.repeat(33), 34, 'nest'],
  ])('%j is refused at character %i', (source, character, why) => {
    const refused = parseTopicPattern(source);
    expect(refused).toMatchObject({ ok: false, error: { code: 'INVALID_REGULAR_EXPRESSION', detail: { character } } });
    expect(refused.ok ? '' : refused.error.message).toContain(why);
  });
});
