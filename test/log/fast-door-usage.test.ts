import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noAuthority } from '../../src/authorization/principal-authority.ts';
import { ok } from '../../src/errors/result.ts';
import {
  encodeProduceFrame,
  encodeSubscribeFrame,
  serverFrame,
  subscribeEarliest,
} from '../../src/log/fast-door-frames.ts';
import { holderOf, noHolder } from '../../src/log/fast-session.ts';
import type { PartitionUsageReport } from '../../src/log/usage/usage-report.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { OrganizationStore } from '../../src/tenancy/organization-store.ts';
import { UsageLedger } from '../../src/tenancy/usage/usage-ledger.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import {
  looseValues,
  PartitionHarness,
  RecordingSocket,
  settled,
  testRef,
  unwrap,
} from '../support/partition-harness.ts';

const member = { ...keyPrincipal([binding({ operation: 'ALL' })]), keyId: 'mrk_reader' };

/** A partition whose sockets read, and the ledger that it reports to; answers of reports can be lost. */
class MeteredDoor {
  readonly partition = new PartitionHarness();
  readonly reader = new RecordingSocket();
  readonly #ledger: UsageLedger;
  isAnswerLost = false;
  readonly sent = { bytes: 0 };

  private constructor() {
    const sql = new NodeSqlStore();
    sql.transaction(() => new OrganizationStore(sql).create(testRef.orgId, 'Acme', this.partition.nowMs));
    this.#ledger = new UsageLedger(sql);
  }

  static async open(holder = unwrap(holderOf(member))): Promise<MeteredDoor> {
    const door = new MeteredDoor();
    door.partition.wrapPorts = (ports) => ({
      ...ports,
      authority: {
        ...noAuthority,
        epoch: async () => ok(3),
        find: async (_, asked) => ok(asked.map(() => member)),
      },
      reportUsage: (report) => door.#report(report),
    });
    door.partition.restart();
    await door.partition.open();
    unwrap(door.partition.service.fastDoor(testRef, 1)).open(door.reader, holder);
    await door.#turns();
    return door;
  }

  async subscribe(): Promise<void> {
    this.partition.service.onFrame(this.reader, encodeSubscribeFrame(10_000_000, subscribeEarliest));
    await this.#turns();
  }

  async append(records: number): Promise<void> {
    const writer = new RecordingSocket();
    unwrap(this.partition.service.fastDoor(testRef, 1)).open(writer, noHolder);
    this.partition.service.onFrame(
      writer,
      encodeProduceFrame(
        'produceRecords',
        1,
        looseValues(this.partition.nowMs, ...Array<string>(records).fill('value')),
      ),
    );
    await this.#turns();
  }

  async pass(ms: number): Promise<void> {
    this.partition.nowMs += ms;
    await this.partition.service.runDue();
    await this.#turns();
  }

  /** What the key was sent, as the organization knows it. */
  entered(): { records: number; bytes: number } {
    const range = { fromDay: 0, toDay: 100_000, clusterId: null, by: 'key' } as const;
    const row = this.#ledger.read(range, this.partition.nowMs).find(({ group }) => group === 'mrk_reader');
    return { records: row?.totals.recordsOut ?? 0, bytes: row?.totals.bytesOut ?? 0 };
  }

  /** For how long the key was connected, as the organization knows it. */
  openMs(): number {
    const range = { fromDay: 0, toDay: 100_000, clusterId: null, by: 'key' } as const;
    const row = this.#ledger.read(range, this.partition.nowMs).find(({ group }) => group === 'mrk_reader');
    return row?.totals.connectionMs ?? 0;
  }

  /** The partition leaves memory, and its sockets stay. */
  hibernate(): void {
    this.partition.restart();
    this.partition.service.openDoor?.restore(this.reader);
  }

  async #report(report: PartitionUsageReport) {
    const lastPeriod = this.#ledger.report(structuredClone(report), this.partition.nowMs);
    if (this.isAnswerLost) throw new Error('the answer was lost');
    return ok({ lastPeriod, nextReportMs: 60_000 });
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await settled();
    for (const frame of this.reader.frames.splice(0)) {
      if (frame[0] === serverFrame.records) this.sent.bytes += frame.length;
    }
  }
}

describe('what the binary door sends', () => {
  test('is counted for the key that reads, in whatever pieces it goes out', async () => {
    const door = await MeteredDoor.open();
    await door.append(3);
    await door.subscribe();
    await door.append(4);
    await door.pass(5_000);
    expect(door.entered()).toEqual({ records: 7, bytes: door.sent.bytes });
    await door.append(2);
    await door.pass(61_000);
    expect(door.entered()).toEqual({ records: 9, bytes: door.sent.bytes });
  });

  test('is counted for nobody where nobody is asked', async () => {
    const door = await MeteredDoor.open(noHolder);
    await door.append(3);
    await door.subscribe();
    await door.pass(61_000);
    expect(door.sent.bytes).toBeGreaterThan(0);
    expect(door.entered()).toEqual({ records: 0, bytes: 0 });
  });

  test('arms the alarm for itself, as readers of an idle partition arm no other', async () => {
    const door = await MeteredDoor.open();
    await door.append(3);
    for (let round = 0; round < 4; round += 1) await door.pass(61_000);
    const armed: number[] = [];
    door.partition.wrapPorts = ((wrap) => (ports) => ({
      ...wrap(ports),
      alarm: { armBy: async (atMs) => void armed.push(atMs) },
    }))(door.partition.wrapPorts);
    door.partition.restart();
    unwrap(door.partition.service.fastDoor(testRef, 1)).open(door.reader, unwrap(holderOf(member)));
    await door.subscribe();
    expect(armed).toContain(door.partition.nowMs + 5_000);
  });

  test('comes with how long the reader was connected, once, also when the partition left memory', async () => {
    const door = await MeteredDoor.open();
    await door.subscribe();
    const openedMs = door.partition.nowMs;
    for (const ms of [30_000, 61_000, 61_000]) {
      await door.pass(ms);
      await door.append(1);
      // What was not told when an object leaves memory would be lost with it.
      await door.pass(61_000);
      door.hibernate();
    }
    await door.pass(20_000);
    const openMs = door.partition.nowMs - openedMs;
    unwrap(door.partition.service.fastDoor(testRef, 1)).close(door.reader);
    unwrap(door.partition.service.fastDoor(testRef, 1)).close(door.reader);
    await door.pass(61_000);
    await door.pass(61_000);
    expect(door.openMs()).toBe(openMs);
  });

  test('is never counted twice, whatever becomes of reports', async () => {
    const step = fc.constantFrom('append', 'soon', 'later', 'lose answers', 'answer');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const door = await MeteredDoor.open();
        await door.subscribe();
        let records = 0;
        for (const one of steps) {
          if (one === 'append') {
            await door.append(2);
            records += 2;
          } else if (one === 'soon') await door.pass(5_000);
          else if (one === 'later') await door.pass(61_000);
          else door.isAnswerLost = one === 'lose answers';
          expect(door.entered().bytes).toBeLessThanOrEqual(door.sent.bytes);
        }
        door.isAnswerLost = false;
        await door.pass(61_000);
        await door.pass(61_000);
        expect(door.entered()).toEqual({ records, bytes: door.sent.bytes });
      }),
      { numRuns: 40 },
    );
  });
});
