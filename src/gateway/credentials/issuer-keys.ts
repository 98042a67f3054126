import { failed, ok, type Result } from '../../errors/result.ts';
import { decodeUtf8 } from '../../json/utf8-text.ts';
import type { Clock } from '../../platform/clock.ts';
import type { PublicJwk, PublicKeyAlgorithm } from '../../platform/signature-verifier.ts';

/** How long keys are used without asking for them again. */
export const keysFreshMs = 10 * 60_000;

/** How long they are used at most while the issuer cannot be reached. */
export const keysStaleMs = 60 * 60_000;

/** Whoever sends tokens with invented key ids makes the platform ask this often at most. */
export const keysAskedMs = 60_000;

/** An issuer that could not be reached is asked again after this long. */
export const keysFailedMs = 10_000;

/** Issuers that an isolate remembers keys of; the one that was used longest ago is forgotten first. */
const rememberedIssuers = 200;

/** Issuers publish a handful: the one in use, those before and after it. */
const maxKeys = 64;

export type IssuerKeyPorts = {
  readonly clock: Clock;
  /** Fetches a document from outside. */
  readonly fetchDocument: (url: string, accept: string) => Promise<Result<Uint8Array>>;
};

type Known = {
  keys: ReadonlyMap<string, PublicJwk>;
  /** When the keys were asked for that are there; null while there are none. */
  fetchedAtMs: number | null;
  /** Nobody is asked before. */
  nextAtMs: number;
  failure: Result<never> | null;
  underWay: Promise<void> | null;
};

/**
 * The public keys of issuers, as an isolate remembers them. They are asked for once, however many tokens come; again
 * after ten minutes, and when a token names a key that is not among them, though never more than once a minute.
 */
export class IssuerKeys {
  readonly #ports: IssuerKeyPorts;
  readonly #issuers = new Map<string, Known>();

  constructor(ports: IssuerKeyPorts) {
    this.#ports = ports;
  }

  /** The key of an id, for the algorithm; null when the issuer has none. Fails when it cannot be asked. */
  async find(keysUrl: string, keyId: string, algorithm: PublicKeyAlgorithm): Promise<Result<PublicJwk | null>> {
    const known = this.#recall(keysUrl);
    const nowMs = this.#ports.clock.nowMs();
    const id = `${algorithm} ${keyId}`;
    const ageMs = known.fetchedAtMs === null ? Number.POSITIVE_INFINITY : nowMs - known.fetchedAtMs;
    const isWanted = ageMs >= keysFreshMs || !known.keys.has(id);
    if (isWanted && known.underWay === null && nowMs >= known.nextAtMs) {
      known.underWay = this.#fetch(keysUrl, known).finally(() => {
        known.underWay = null;
      });
    }
    // Keys that are only not fresh are used meanwhile by nobody: asking takes a moment, once in ten minutes.
    if (isWanted) await known.underWay;
    const isUsable = known.fetchedAtMs !== null && nowMs - known.fetchedAtMs < keysStaleMs;
    if (isUsable) return ok(known.keys.get(id) ?? null);
    return known.failure ?? failed('OUTBOUND_CALL_FAILED', 'The keys of the issuer could not be fetched. Try again.');
  }

  #recall(keysUrl: string): Known {
    const known = this.#issuers.get(keysUrl) ?? {
      keys: new Map(),
      fetchedAtMs: null,
      nextAtMs: 0,
      failure: null,
      underWay: null,
    };
    // Moved to the end: the first of the map is the one used longest ago.
    this.#issuers.delete(keysUrl);
    this.#issuers.set(keysUrl, known);
    const [oldest] = this.#issuers.keys();
    if (this.#issuers.size > rememberedIssuers && oldest !== undefined) this.#issuers.delete(oldest);
    return known;
  }

  async #fetch(keysUrl: string, known: Known): Promise<void> {
    const { clock, fetchDocument } = this.#ports;
    const askedAtMs = clock.nowMs();
    const document = await fetchDocument(keysUrl, 'application/json');
    const keys = document.ok ? readKeys(document.value) : null;
    if (keys === null) {
      known.nextAtMs = askedAtMs + keysFailedMs;
      known.failure = document.ok
        ? failed('OUTBOUND_CALL_FAILED', 'What the issuer answers is no set of keys (RFC 7517). Correct its address.')
        : document;
      return;
    }
    Object.assign(known, { keys, fetchedAtMs: askedAtMs, nextAtMs: askedAtMs + keysAskedMs, failure: null });
  }
}

/** The fields that make up a public key of each kind; others, such as certificates, are not looked at. */
const kinds: readonly {
  readonly algorithm: PublicKeyAlgorithm;
  readonly kty: string;
  readonly crv?: string;
  readonly fields: readonly string[];
}[] = [
  { algorithm: 'RS256', kty: 'RSA', fields: ['n', 'e'] },
  { algorithm: 'ES256', kty: 'EC', crv: 'P-256', fields: ['x', 'y'] },
  { algorithm: 'EdDSA', kty: 'OKP', crv: 'Ed25519', fields: ['x'] },
];

/** 2,048 bits in base64url: RFC 7518 3.3 allows no shorter modulus. */
const minModulusLength = 342;

/** Reads a set of keys (RFC 7517 5) by algorithm and id; what is no key for signatures is passed over. */
function readKeys(document: Uint8Array): ReadonlyMap<string, PublicJwk> | null {
  try {
    const set: unknown = JSON.parse(decodeUtf8(document) ?? '');
    const listed = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : null;
    if (!Array.isArray(listed)) return null;
    return new Map(listed.slice(0, maxKeys).flatMap((one) => readKey(one) ?? []));
  } catch {
    return null;
  }
}

function readKey(value: unknown): readonly (readonly [string, PublicJwk])[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const key = value as Record<string, unknown>;
  const kind = kinds.find(({ kty, crv }) => key.kty === kty && (crv === undefined || key.crv === crv));
  if (kind === undefined || typeof key.kid !== 'string') return null;
  if (key.use !== undefined && key.use !== 'sig') return null;
  if (key.alg !== undefined && key.alg !== kind.algorithm) return null;
  const fields = kind.fields.map((name): [string, unknown] => [name, key[name]]);
  if (!fields.every((field): field is [string, string] => typeof field[1] === 'string')) return null;
  if (kind.kty === 'RSA' && String(key.n).length < minModulusLength) return null;
  const jwk = { kty: kind.kty, ...(kind.crv === undefined ? {} : { crv: kind.crv }), ...Object.fromEntries(fields) };
  return [[`${kind.algorithm} ${key.kid}`, jwk]];
}
