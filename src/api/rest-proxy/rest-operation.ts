import type { z } from 'zod';

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Bodies and answers that carry records are of an embedded format's type; all others of the version's own. */
export type RestOperation = {
  readonly method: RestMethod;
  /** From where the door begins, with `{name}` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Query parameters with what they mean; others are ignored, as the REST Proxy does. */
  readonly query?: Readonly<Record<string, string>>;
  readonly request?: z.ZodType;
  /** By HTTP status; null where there is no body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** The media types of the answer, the preferred one first, where they are not the version's own. */
  readonly produces?: readonly [string, ...string[]];
  /** True for a GET that changes something: it answers no HEAD, which must not. */
  readonly hasEffect?: true;
  /** The media types of the body, where they are not the version's own. */
  readonly consumes?: readonly [string, ...string[]];
};
