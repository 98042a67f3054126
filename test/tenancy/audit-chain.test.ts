import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/platform/cloudflare/sha256.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { createSchema } from '../../src/platform/migrations.ts';
import { type AuditEntry, AuditVerifier, type BadEntry, type ChainHead } from '../../src/tenancy/audit-chain.ts';
import { AuditLog, type ListAuditRequest } from '../../src/tenancy/audit-log.ts';
import { organizationMigrations } from '../../src/tenancy/organization-schema.ts';
import { summedEntriesPerHour } from '../../src/tenancy/summed-acts.ts';

const hourMs = 60 * 60 * 1000;

function openLog() {
  const sql = new NodeSqlStore();
  sql.transaction(() => createSchema(sql, organizationMigrations));
  return { sql, log: new AuditLog(sql, sha256Hex) };
}

const whole: ListAuditRequest = {
  filter: { principal: null, action: null, outcome: null },
  order: 'oldest',
  after: null,
  limit: 1_000,
};

function act(log: AuditLog, resource: string, principal = 'User:ann') {
  log.record({ atMs: 1_790_000_000_000, principal, host: null, action: 'keys.create', resource, outcome: 'done' });
}

function verify(entries: readonly AuditEntry[], noted: ChainHead | null = null): BadEntry | null {
  const verifier = new AuditVerifier(sha256Hex);
  for (const entry of entries) {
    const bad = verifier.check(entry) ?? (noted === null ? null : verifier.checkNoted(entry, noted));
    if (bad !== null) return bad;
  }
  return noted === null ? null : verifier.checkEnd(noted);
}

describe('the chain', () => {
  const { log } = openLog();
  for (let index = 1; index <= 20; index += 1) act(log, `key ${index}`);
  const { entries, head } = log.list(whole);

  it('verifies as it was written', () => {
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(verify(entries, head)).toBeNull();
    expect(verify(entries.slice(7), head)).toBeNull();
    expect(verify([])).toBeNull();
  });

  it('names the entry of which any field was changed', () => {
    const fields = [
      'at',
      'principal',
      'host',
      'action',
      'resource',
      'outcome',
      'count',
      'previous_hash',
      'hash',
    ] as const;
    fc.assert(
      fc.property(fc.nat(19), fc.constantFrom(...fields), (index, field) => {
        const entry = entries[index]!;
        const value = entry[field];
        const changed = { ...entry, [field]: typeof value === 'number' ? value + 1 : `${value}x` };
        expect(verify(entries.with(index, changed))?.sequence).toBe(index + 1);
      }),
    );
  });

  it('names the place where an entry is missing, repeated or moved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 18 }), (index) => {
        expect(verify(entries.toSpliced(index, 1))?.sequence).toBe(index + 2);
        expect(verify(entries.toSpliced(index, 0, entries[index - 1]!))?.sequence).toBe(index);
        const swapped = entries.with(index, entries[index + 1]!).with(index + 1, entries[index]!);
        expect(verify(swapped)?.sequence).toBe(index + 2);
      }),
    );
  });

  it('shows a cut end and a log written anew against a head that was noted', () => {
    expect(verify(entries.slice(0, 19))).toBeNull();
    expect(verify(entries.slice(0, 19), head)).toMatchObject({ sequence: 20, reason: expect.stringContaining('ends') });
    const forged = openLog().log;
    for (let index = 1; index <= 25; index += 1) act(forged, `other ${index}`);
    expect(verify(forged.list(whole).entries, head)).toMatchObject({ sequence: 20 });
  });
});

describe('the log', () => {
  it('is paged from either end, filtered or not', () => {
    const { log } = openLog();
    for (let index = 1; index <= 25; index += 1) act(log, `key ${index}`, index % 2 === 0 ? 'User:bob' : 'User:ann');
    for (const order of ['oldest', 'newest'] as const) {
      for (const principal of [null, 'User:bob']) {
        const found: number[] = [];
        let after: number | null = null;
        do {
          const page = log.list({ filter: { ...whole.filter, principal }, order, after, limit: 4 });
          found.push(...page.entries.map(({ sequence }) => sequence));
          after = page.next;
        } while (after !== null);
        const all = Array.from({ length: 25 }, (_, index) => index + 1);
        const meant = all.filter((sequence) => principal === null || sequence % 2 === 0);
        expect(found).toEqual(order === 'oldest' ? meant : meant.toReversed());
      }
    }
    expect(log.list({ ...whole, after: 25 })).toMatchObject({ entries: [], next: null });
  });

  it('is empty before anything happened', () => {
    const { log } = openLog();
    for (const order of ['oldest', 'newest'] as const) {
      expect(log.list({ ...whole, order })).toMatchObject({ entries: [], next: null, head: { sequence: 0 } });
    }
  });

  it('gives refusals their share of an hour, and sums the rest up', () => {
    const { log } = openLog();
    const refusal = {
      kind: 'access',
      principal: 'User:eve',
      host: null,
      action: 'deleteTopic',
      resource: '/v1/topics/orders',
      count: 3,
    } as const;
    for (let index = 0; index < 500; index += 1) log.recordSums([refusal], hourMs + index);
    expect(log.list(whole).entries).toHaveLength(summedEntriesPerHour);
    log.recordSums([refusal], 2 * hourMs);
    const { entries } = log.list(whole);
    expect(entries.slice(summedEntriesPerHour)).toMatchObject([
      { action: 'unlisted', count: 3 * (500 - summedEntriesPerHour), principal: null, outcome: 'refused' },
      { action: 'deleteTopic', count: 3, principal: 'User:eve', outcome: 'refused' },
    ]);
    expect(verify(entries)).toBeNull();
  });

  it('keeps room for refusals while failed sign-ins flood it', () => {
    const { log } = openLog();
    const act = { principal: 'User:eve', host: null, resource: 'mrk_1', count: 1 };
    for (let index = 0; index < 500; index += 1) {
      log.recordSums([{ ...act, kind: 'sign_in', action: 'sign_in.wrong_secret' }], hourMs + index);
    }
    log.recordSums([{ ...act, kind: 'access', action: 'deleteTopic' }], hourMs + 600);
    expect(log.list(whole).entries.at(-1)).toMatchObject({ action: 'deleteTopic', outcome: 'refused' });
    log.recordSums([{ ...act, kind: 'token', action: 'tokens.create' }], 2 * hourMs);
    expect(log.list(whole).entries.slice(-2)).toMatchObject([
      { action: 'unlisted', resource: 'failed sign-ins beyond what an hour lists', count: 440, outcome: 'refused' },
      { action: 'tokens.create', outcome: 'done' },
    ]);
  });

  it('writes in the transaction of the act: what is rolled back is not there', () => {
    const { sql, log } = openLog();
    act(log, 'first');
    expect(() =>
      sql.transaction(() => {
        act(log, 'second');
        throw new Error('the act failed');
      }),
    ).toThrow('the act failed');
    act(log, 'third');
    const { entries } = log.list(whole);
    expect(entries.map(({ resource }) => resource)).toEqual(['first', 'third']);
    expect(verify(entries)).toBeNull();
  });
});
