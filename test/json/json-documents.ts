import fc from 'fast-check';

/** White space that RFC 8259 allows between tokens. */
const gap = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });

const number = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1e400',
    '-1.5E-7',
    '9223372036854775807',
    '1e+2',
    '0.10',
    '123456789012345678901234567890.0',
  ),
  fc.maxSafeInteger().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

/** Strings as a serializer writes them, and with every character escaped, and with half surrogates as escapes. */
const string = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 8 }).map((text) => `"${[...text].map(escaped).join('')}"`),
  fc.constantFrom('"\\ud800"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"', '"\u2028\u007f"', '""'),
);

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Source texts of JSON values, with white space anywhere it may be, but none around the whole. */
export const jsonSource: fc.Arbitrary<string> = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('true', 'false', 'null'),
    number,
    string,
    tie('array'),
    tie('object'),
  ),
  array: fc
    .tuple(gap, fc.array(fc.tuple(gap, tie('value'), gap), { maxLength: 5 }))
    .map(([inner, elements]) => `[${elements.map((parts) => parts.join('')).join(',') || inner}]`),
  object: fc
    .tuple(gap, fc.array(fc.tuple(gap, string, gap, gap, tie('value'), gap), { maxLength: 5 }))
    .map(
      ([inner, members]) =>
        `{${members.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`).join(',') || inner}}`,
    ),
})).value;

/** White space between tokens, for tests that put it around values. */
export const jsonGap = gap;

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const text = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
