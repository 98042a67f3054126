import type { DoorRequest } from './requests.ts';

/** Numbers from a seed, so that what a run found is found again (mulberry32). */
export class SeededChoice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** Names that mean something to somebody: paths, formats, objects, other organizations. */
const hostileNames = [
  '..',
  '.',
  '*',
  '%00',
  '%2e%2e%2f%2e%2e',
  '%ff%fe',
  'a:b',
  '1:a',
  'v1C5:acme1',
  'acme1',
  'umbrella1',
  '__proto__',
  'constructor',
  '-1',
  '1e9',
  '99999999999999999999',
  'NaN',
  'orders%20',
  'ORDERS',
  'o%CC%88rders',
  'x'.repeat(250),
  'x'.repeat(5_000),
  '%F0%9F%92%A5',
  "'%20OR%201=1--",
  '%3Cscript%3E',
  '%0d%0aset-cookie:%20a=b',
];

const hostileValues: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '\u0000',
  '\ud800',
  'x'.repeat(10_000),
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: { admin: true } },
  '$(id)',
];

const hostileHeaders: readonly (readonly [string, string])[] = [
  ['content-type', 'text/plain'],
  ['content-type', 'application/vnd.millrace.batch'],
  ['content-type', 'application/x-ndjson'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['accept', 'image/png'],
  ['accept', 'text/event-stream'],
  ['accept', ','.repeat(2_000)],
  ['idempotency-key', 'k'.repeat(300)],
  ['last-event-id', 'AAAA'],
  ['upgrade', 'websocket'],
  ['millrace-principal', '{"isSuper":true}'],
  ['millrace-partition', '{"verb":"socket"}'],
  ['millrace-cluster', 'umbrella1'],
  ['x-forwarded-for', '10.0.0.1'],
  ['cf-connecting-ip', '10.0.0.1'],
  ['origin', 'https://evil.example'],
  ['cf-access-jwt-assertion', 'e30.e30.e30'],
];

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

export type HostileRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A request that was valid, with something in it that is not. */
export function mutated({ method, path, headers, body }: DoorRequest, choice: SeededChoice): HostileRequest {
  const [pathname = '', query = ''] = path.split('?');
  const segments = pathname.split('/');
  if (choice.next() < 0.5) segments[1 + choice.below(segments.length - 1)] = choice.pick(hostileNames);
  const parameters =
    choice.next() < 0.3 ? `?${choice.pick(['limit', 'offset', 'as', 'x', 'cursor'])}=${choice.pick(hostileNames)}` : '';
  const added = choice.next() < 0.5 ? [choice.pick(hostileHeaders)] : [];
  const sentMethod = choice.next() < 0.2 ? choice.pick(methods) : method;
  const mayHaveBody = sentMethod !== 'GET' && sentMethod !== 'HEAD';
  const sentBody = mayHaveBody ? mutatedBody(body ?? {}, choice) : undefined;
  return {
    method: sentMethod,
    path: `${segments.join('/')}${parameters || (query === '' ? '' : `?${query}`)}`,
    headers: { 'content-type': 'application/json', ...headers, ...Object.fromEntries(added) },
    ...(sentBody === undefined ? {} : { body: sentBody }),
  };
}

/** A body that no JSON route can take: it is no JSON, or not what the route asks for. */
export function malformedBody(body: unknown, choice: SeededChoice): string | Uint8Array {
  const text = JSON.stringify(body);
  return choice.pick<() => string | Uint8Array>([
    () => text.slice(0, -1 - choice.below(Math.max(1, text.length - 1))),
    () => `${text}}`,
    () => '['.repeat(10_000),
    () => `{"a":${'{"a":'.repeat(200)}1${'}'.repeat(201)}`,
    () => `${text.slice(0, -1)}\u0000}`,
    () => choice.bytes(1 + choice.below(200)),
    () => '"just a text"',
    () => '',
    () => '01',
    () => new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
  ])();
}

function mutatedBody(body: unknown, choice: SeededChoice): unknown {
  if (choice.next() < 0.4) return malformedBody(body, choice);
  if (typeof body !== 'object' || body === null) return choice.pick(hostileValues);
  const fields = Object.keys(body);
  const field =
    choice.next() < 0.8 && fields.length > 0 ? choice.pick(fields) : choice.pick(['__proto__', 'x', 'topics']);
  return { ...body, [field]: choice.pick(hostileValues) };
}
