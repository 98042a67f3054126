import type { ConsumedRecord } from '../../src/client/index.ts';

/** What an update of the changelog says; its number tells it from every other one. */
export type Update = { readonly n: number; readonly zip: string };

/** The last acknowledged update of every key, and whether it deleted the key. */
export class ChangelogTruth {
  readonly #last = new Map<string, { readonly n: number; readonly isDeleted: boolean }>();

  acknowledge({ n, zip }: Update, isDeleted: boolean): void {
    if (n > (this.#last.get(zip)?.n ?? -1)) this.#last.set(zip, { n, isDeleted });
  }

  /** What was acknowledged so far. */
  snapshot(): ReadonlyMap<string, number> {
    return new Map([...this.#last].map(([zip, { n }]) => [zip, n]));
  }

  lastOf(zip: string): { readonly n: number; readonly isDeleted: boolean } | null {
    return this.#last.get(zip) ?? null;
  }

  get keyCount(): number {
    return this.#last.size;
  }
}

/** One reader's way through the changelog, judged record by record. */
export class ReadThrough {
  readonly anomalies: string[] = [];
  recordCount = 0;
  readonly #name: string;
  readonly #nextOffsets = new Map<number, number>();
  readonly #seen = new Map<string, { readonly n: number; readonly isDeleted: boolean }>();

  constructor(name: string) {
    this.#name = name;
  }

  /** I-7b, I-7c: offsets only grow, and so do the updates of each key. */
  take({
    partition,
    offset,
    ...record
  }: {
    partition: number;
    offset: number;
    zip: string;
    update: Update | null;
    n: number;
  }): void {
    this.recordCount += 1;
    if (offset < (this.#nextOffsets.get(partition) ?? 0)) this.#say(`went back to offset ${offset} of ${partition}`);
    this.#nextOffsets.set(partition, offset + 1);
    const { zip, update, n } = record;
    if (update !== null && (update.zip !== zip || update.n !== n)) this.#say(`has other bytes at offset ${offset}`);
    const before = this.#seen.get(zip);
    if (before !== undefined && before.n >= n) this.#say(`got update ${n} of ${zip} after ${before.n}`);
    this.#seen.set(zip, { n, isDeleted: update === null });
  }

  /** What was acknowledged before a reader began, it sees, unless something newer of the key came meanwhile. */
  judgeAgainst(acknowledgedBefore: ReadonlyMap<string, number>, truth: ChangelogTruth): void {
    for (const [zip, n] of acknowledgedBefore) {
      const seen = this.#seen.get(zip)?.n ?? -1;
      const isReplaced = (truth.lastOf(zip)?.n ?? -1) > n;
      if (seen < n && !isReplaced)
        this.#say(`saw update ${seen} of ${zip} last, ${n} was acknowledged before it began`);
    }
  }

  /** I-7a: once all is written, a reader ends up with exactly the last value of each key. */
  judgeFinal(truth: ChangelogTruth): void {
    for (const zip of this.#seen.keys()) if (truth.lastOf(zip) === null) this.#say(`has the unknown key ${zip}`);
    for (const [zip] of truth.snapshot()) {
      const last = truth.lastOf(zip);
      const seen = this.#seen.get(zip);
      if (seen?.n !== last?.n || seen?.isDeleted !== last?.isDeleted) {
        this.#say(`has update ${seen?.n} of ${zip}, the last one is ${last?.n}`);
      }
    }
  }

  #say(what: string): void {
    if (this.anomalies.length < 20) this.anomalies.push(`${this.#name} ${what}`);
  }
}

/** A record of the changelog: updates have their number in the value, deletions in a header. */
export function readUpdate(record: ConsumedRecord) {
  const { partition, offset } = record;
  const update = record.json<Update | null>();
  const header = record.headers.find(({ name }) => name === 'n')?.value ?? null;
  const n = update?.n ?? Number(new TextDecoder().decode(header ?? new Uint8Array(0)));
  return { partition, offset, zip: record.keyText() ?? '', update, n };
}
