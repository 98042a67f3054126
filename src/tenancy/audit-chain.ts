/** One entry of an organization's audit log. Its names are those of the API, so that an export can be verified as it is. */
export type AuditEntry = {
  /** 1, 2, 3, ... without holes. */
  readonly sequence: number;
  /** ms since 1970, by the clock of the organization's object. */
  readonly at: number;
  /** Null when nobody could be made out behind the request. */
  readonly principal: string | null;
  readonly host: string | null;
  readonly action: string;
  readonly resource: string;
  readonly outcome: AuditOutcome;
  /** How many acts the entry stands for: more than one only for what edges count. */
  readonly count: number;
  /** The hash of the entry before this one. */
  readonly previous_hash: string;
  readonly hash: string;
};

/**
 * `done`: written in the transaction that did it. `attempted`: written before an object elsewhere was asked to do it, so
 * that nothing happens unwritten. `refused`: who asked may not.
 */
export type AuditOutcome = 'done' | 'attempted' | 'refused';

/** SHA-256 as 64 hexadecimal digits. */
export type Sha256 = (bytes: Uint8Array) => string;

const utf8 = new TextEncoder();

/** What the first entry follows. */
export const chainStart = '0'.repeat(64);

/** The place of an entry in the chain: whoever wrote it down notices later if the log says otherwise. */
export type ChainHead = { readonly sequence: number; readonly hash: string };

/** The hash of an entry, of UTF-8: the hash of the one before it, a line feed, the entry's fields as a JSON array in this order. */
export function hashAuditEntry(entry: Omit<AuditEntry, 'hash'>, sha256: Sha256): string {
  const { sequence, at, principal, host, action, resource, outcome, count, previous_hash } = entry;
  const fields = [sequence, at, principal, host, action, resource, outcome, count];
  return sha256(utf8.encode(`${previous_hash}\n${JSON.stringify(fields)}`));
}

/** Why an entry is bad, and which. */
export type BadEntry = { readonly sequence: number; readonly reason: string };

/** Checks entries one after another, the oldest first, as they come out of an export. */
export class AuditVerifier {
  readonly #sha256: Sha256;
  #first: number | null = null;
  #last: ChainHead | null = null;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** The first entry seen. Beyond 1, what came before it was past the retention. */
  get first(): number | null {
    return this.#first;
  }

  get last(): ChainHead | null {
    return this.#last;
  }

  /** Null while everything fits; after an answer that is not null nothing more is to be learnt. */
  check(entry: AuditEntry): BadEntry | null {
    const { sequence, previous_hash, hash } = entry;
    const last = this.#last;
    if (last !== null && sequence !== last.sequence + 1) {
      return { sequence, reason: `it follows entry ${last.sequence}: entries are missing, repeated or out of order` };
    }
    if (sequence === 1 && previous_hash !== chainStart) return { sequence, reason: 'it is not the start of a chain' };
    if (last !== null && previous_hash !== last.hash) {
      return { sequence, reason: `its previous_hash is not the hash of entry ${last.sequence}` };
    }
    if (hashAuditEntry(entry, this.#sha256) !== hash) {
      return { sequence, reason: 'its hash is not the one of its fields: it was changed' };
    }
    this.#first ??= sequence;
    this.#last = { sequence, hash };
    return null;
  }

  /** Whether an entry is the one that was noted, if it stands in its place. */
  checkNoted({ sequence, hash }: ChainHead, noted: ChainHead): BadEntry | null {
    if (sequence !== noted.sequence || hash === noted.hash) return null;
    return { sequence, reason: 'its hash is not the one that was noted: the log was written anew' };
  }

  /** Whether the log reaches what was noted: what is cut off at the end shows in nothing else. */
  checkEnd({ sequence }: ChainHead): BadEntry | null {
    if (this.#last !== null && this.#last.sequence >= sequence) return null;
    return { sequence, reason: 'it is missing: the log ends before it' };
  }
}
