import { type FailureDetail, failed, ok, type Result } from '../errors/result.ts';

/** One query parameter: how its text is read, and what is said when it cannot be. */
export type QueryParameter<T> = {
  /** The value, or undefined when the text is none of what is allowed. */
  readonly parse: (text: string) => T | undefined;
  /** What is allowed, as the end of a sentence: "an integer from 0 to 30000". */
  readonly allowed: string;
  /** What holds when the parameter is absent. */
  readonly absent: T;
};

type QueryShape = Readonly<Record<string, QueryParameter<unknown>>>;

/** The values of a shape's parameters, under the same names. */
export type QueryValues<Shape extends QueryShape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends QueryParameter<infer T> ? T : never;
};

/** More than any route has parameters; the rest of a longer query is not looked at before it is refused. */
const maxParameters = 32;

/**
 * Reads a URL's query strictly: every name must be one of the shape's, may stand there once, and its value must be
 * allowed. What is wrong is refused with INVALID_REQUEST, which names the parameter, the value and what is allowed.
 */
export function readQuery<Shape extends QueryShape>(url: string, shape: Shape): Result<QueryValues<Shape>> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(shape)) values[name] = shape[name]?.absent;
  const start = url.indexOf('?');
  if (start === -1) return ok(values as QueryValues<Shape>);

  const seen = new Set<string>();
  for (const [name, text] of new URLSearchParams(url.slice(start))) {
    const parameter = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (parameter === undefined) return unknownParameter(name, Object.keys(shape));
    if (seen.has(name) || seen.size >= maxParameters) return repeatedParameter(name);
    seen.add(name);
    const value = parameter.parse(text);
    if (value === undefined) return refusedValue(name, text, parameter.allowed);
    values[name] = value;
  }
  return ok(values as QueryValues<Shape>);
}

const integerText = /^-?\d{1,16}$/;

/** A whole number within bounds. `absent` is undefined for a parameter that has no default. */
export function integer<T extends number | undefined>(bounds: {
  readonly min: number;
  readonly max: number;
  readonly absent: T;
}): QueryParameter<number | T> {
  const { min, max, absent } = bounds;
  return {
    parse: (text) => {
      if (!integerText.test(text)) return undefined;
      const value = Number(text) + 0; // "-0" is 0.
      return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
    },
    allowed: `an integer from ${min} to ${max}`,
    absent,
  };
}

/** One of a few words. */
export function oneOf<const Word extends string, T extends Word | undefined>(
  words: readonly Word[],
  absent: T,
): QueryParameter<Word | T> {
  return {
    parse: (text) => words.find((word) => word === text),
    allowed: `one of ${words.join(', ')}`,
    absent,
  };
}

/** `true` or `false`. */
export function flag(absent: boolean): QueryParameter<boolean> {
  return {
    parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
    allowed: 'true or false',
    absent,
  };
}

/** Text of bounded length; the empty text counts when `min` is 0. */
export function text<T extends string | undefined>(bounds: {
  readonly min: number;
  readonly max: number;
  readonly absent: T;
}): QueryParameter<string | T> {
  const { min, max, absent } = bounds;
  return {
    parse: (value) => (value.length >= min && value.length <= max ? value : undefined),
    allowed: `text of ${min} to ${max} characters`,
    absent,
  };
}

/** A whole number or one of a few words, e.g. `offset=earliest`. */
export function integerOr<const Word extends string, T extends number | Word | undefined>(
  words: readonly Word[],
  bounds: { readonly min: number; readonly max: number; readonly absent: T },
): QueryParameter<number | Word | T> {
  const number = integer({ ...bounds, absent: undefined });
  return {
    parse: (value) => words.find((word) => word === value) ?? number.parse(value),
    allowed: `${number.allowed}, or ${words.join(' or ')}`,
    absent: bounds.absent,
  };
}

const maxQuotedCharacters = 100;

function unknownParameter(name: string, known: readonly string[]): Result<never> {
  const list = known.length === 0 ? 'this route takes none' : `this route takes ${known.join(', ')}`;
  return refusal(`There is no query parameter "${name.slice(0, maxQuotedCharacters)}"; ${list}.`, {
    parameter: name.slice(0, maxQuotedCharacters),
  });
}

function repeatedParameter(name: string): Result<never> {
  return refusal(`Query parameter "${name}" is given more than once.`, { parameter: name });
}

function refusedValue(name: string, value: string, allowed: string): Result<never> {
  const quoted = value.slice(0, maxQuotedCharacters);
  return refusal(`Query parameter "${name}" is "${quoted}", but must be ${allowed}.`, {
    parameter: name,
    value: quoted,
    allowed,
  });
}

function refusal(message: string, detail: FailureDetail): Result<never> {
  return failed('INVALID_REQUEST', message, detail);
}
