import { describe, expect, it } from 'vitest';
import { objectGraceMs } from '../../../src/log/maintenance/object-tombstones.ts';
import { CrashingPorts, type CrashPoint, crashPoints } from '../../support/crash-points.ts';
import { PartitionHarness, testRef, unwrap } from '../../support/partition-harness.ts';

type Content = { readonly offset: number; readonly timestampMs: number; readonly text: string }[];

/** A partition with a few sealed segments, and what is in it. */
async function sealedPartition(): Promise<{ harness: PartitionHarness; content: Content }> {
  const harness = await new PartitionHarness().open({ segmentBytes: 700, millraceTiering: 'false', retentionMs: -1 });
  for (let round = 0; round < 12; round += 1) {
    harness.nowMs += 1_000;
    unwrap(await harness.appendValues(...[0, 1, 2].map((index) => `value ${round}-${index} ${'.'.repeat(40)}`)));
  }
  harness.config = { ...harness.config, millraceTiering: 'true' };
  harness.configVersion = 2;
  unwrap(await harness.service.initialize(harness.grant()));
  return { harness, content: await contentOf(harness) };
}

async function contentOf(harness: PartitionHarness, maxBytes?: number): Promise<Content> {
  const records = await harness.readAll(0, maxBytes);
  return records.map(({ offset, timestampMs, value }) => ({
    offset,
    timestampMs,
    text: value === null ? '' : new TextDecoder().decode(value),
  }));
}

/** I-6a: every offset is readable, at this instant, the same as ever. */
async function expectUnchanged(harness: PartitionHarness, content: Content): Promise<void> {
  expect(await contentOf(harness)).toEqual(content);
}

type SegmentRow = { base_offset: number; last_offset: number | null; object_key: string | null };

function segmentsOf(harness: PartitionHarness): SegmentRow[] {
  return harness.store.query<SegmentRow>(
    'SELECT base_offset, last_offset, object_key FROM segments ORDER BY base_offset',
  );
}

function tablesOf(harness: PartitionHarness): Set<string> {
  const rows = harness.store.query<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE name LIKE 'segment\\_%' ESCAPE '\\'",
  );
  return new Set(rows.map(({ name }) => name));
}

/** What must hold between any two transactions. */
function expectConsistent(harness: PartitionHarness): void {
  const segments = segmentsOf(harness);
  const tables = tablesOf(harness);
  const keys = harness.objects.blobs.keys();
  let isLocalSeen = false;
  let next = 0;
  for (const { base_offset, last_offset, object_key } of segments) {
    expect(base_offset, 'I-6c segments are disjoint, in order, without a hole').toBe(next);
    next = (last_offset ?? base_offset) + 1;
    isLocalSeen ||= object_key === null;
    expect(object_key !== null && isLocalSeen, 'I-6c tiered segments are the beginning of the log').toBe(false);
    const isHere = tables.has(`segment_${base_offset}`);
    expect(isHere, 'I-6b rows go in the transaction that refers to the object').toBe(object_key === null);
    if (object_key !== null) expect(keys, 'I-6d an object that is referred to exists').toContain(object_key);
  }
  expect(tables.size).toBe(segments.filter(({ object_key }) => object_key === null).length);
}

/** Whether anything is armed but the scrubber, which goes round for ever. */
function hasWorkThatEnds(harness: PartitionHarness): boolean {
  return harness.store.query("SELECT kind FROM timers WHERE kind <> 'scrubbing'").length > 0;
}

/** Everything that is due now and later, up to the end of every object's grace. */
async function finish(harness: PartitionHarness, isOver = () => false): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    try {
      await harness.service.runDue();
    } catch {
      // The platform runs an alarm again that threw.
      await harness.alarm.armBy(harness.nowMs + 2_000);
    }
    if (isOver()) return;
    const dueMs = harness.alarm.take();
    if (dueMs === null || !hasWorkThatEnds(harness)) return;
    harness.nowMs = Math.max(harness.nowMs, dueMs);
  }
  throw new Error('maintenance does not come to an end');
}

function expectFinished(harness: PartitionHarness): void {
  expectConsistent(harness);
  const segments = segmentsOf(harness);
  expect(segments.slice(0, -1).every(({ object_key }) => object_key !== null)).toBe(true);
  const referred = segments.flatMap(({ object_key }) => (object_key === null ? [] : [object_key]));
  expect(harness.objects.blobs.keys(), 'no object is left that nothing refers to').toEqual(referred.sort());
  expect(harness.store.query("SELECT * FROM jobs WHERE kind <> 'scrubbing'")).toEqual([]);
  expect(harness.store.query('SELECT * FROM object_tombstones')).toEqual([]);
}

/** Runs maintenance in an instance that fails where `point` says; answers the calls it made. */
async function runFailing(
  harness: PartitionHarness,
  content: Content,
  point: CrashPoint | null,
): Promise<CrashingPorts> {
  let crashing: CrashingPorts | null = null;
  const watch = async () => {
    expectConsistent(harness);
    if (crashing?.isDead === false) await expectUnchanged(harness, content);
  };
  harness.wrapPorts = (ports) => {
    crashing = new CrashingPorts(ports, point, watch);
    return crashing.ports;
  };
  harness.restart();
  await finish(harness, () => crashing?.isDead === true);
  harness.wrapPorts = (ports) => ports;
  if (crashing === null) throw new Error('the partition was started');
  return crashing;
}

async function callsWithoutFault(): Promise<string[]> {
  const { harness, content } = await sealedPartition();
  const { calls } = await runFailing(harness, content, null);
  expectFinished(harness);
  await expectUnchanged(harness, content);
  return calls;
}

const calls = await callsWithoutFault();
/** Hundreds of lives one after another, on a machine that may be busy. */
const pairsTimeoutMs = 120_000;

const name = ({ at, side }: CrashPoint) => `${side} call ${at} (${calls[at - 1]})`;

describe('tiering survives a crash', () => {
  it('is seen to do what is interrupted below', () => {
    expect(calls.filter((call) => call === 'put').length).toBeGreaterThan(2);
    expect(new Set(calls)).toEqual(new Set(['alarm', 'transaction', 'put', 'head', 'report', 'read']));
  });

  it.each(crashPoints(calls.length, 'crash').map((point) => [name(point), point] as const))(
    '[I-6a I-6b I-6c I-6d] %s: every offset reads the same at once, and the job is finished by the next instance',
    async (_, point) => {
      const { harness, content } = await sealedPartition();
      const { isDead } = await runFailing(harness, content, point);
      expect(isDead).toBe(true);
      expectConsistent(harness);
      harness.restart();
      await expectUnchanged(harness, content);
      await finish(harness);
      expectFinished(harness);
      await expectUnchanged(harness, content);
    },
  );

  it.each(crashPoints(calls.length, 'error').map((point) => [name(point), point] as const))(
    '[I-6a I-6b I-6d] a call that fails %s, and may have taken effect, is made good by the same instance',
    async (_, point) => {
      const { harness, content } = await sealedPartition();
      await runFailing(harness, content, point);
      expectConsistent(harness);
      await expectUnchanged(harness, content);
      harness.restart();
      await finish(harness);
      expectFinished(harness);
      await expectUnchanged(harness, content);
    },
  );

  it(
    '[I-6a I-6d] two crashes, wherever they are',
    async () => {
      for (const first of crashPoints(calls.length, 'crash').filter((_, index) => index % 3 === 0)) {
        for (let second = 1; second <= 12; second += 1) {
          const { harness, content } = await sealedPartition();
          await runFailing(harness, content, first);
          await runFailing(harness, content, {
            at: second,
            side: second % 2 === 0 ? 'before' : 'after',
            kind: 'crash',
          });
          harness.restart();
          await expectUnchanged(harness, content);
          await finish(harness);
          expectFinished(harness);
          await expectUnchanged(harness, content);
        }
      }
    },
    pairsTimeoutMs,
  );
});

describe('what the object store has is compared with what was sent', () => {
  it('[I-6b] an object with other bytes is left to its tombstone, and another is made', async () => {
    const { harness, content } = await sealedPartition();
    let lies = 1;
    harness.wrapPorts = (ports) => ({
      ...ports,
      blobs: {
        put: (...args) => ports.blobs.put(...args),
        read: (...args) => ports.blobs.read(...args),
        delete: (...args) => ports.blobs.delete(...args),
        list: (...args) => ports.blobs.list(...args),
        head: async (key) => {
          const head = await ports.blobs.head(key);
          return lies-- > 0 && head !== null ? { ...head, sha256: '0'.repeat(64) } : head;
        },
      },
    });
    harness.restart();
    await harness.service.runDue();
    expect(harness.incidents).toMatchObject([
      { event: 'partition-tiering-failed', failure: { code: 'KAFKA_STORAGE_ERROR' } },
    ]);
    await expectUnchanged(harness, content);
    const [buried] = harness.store.query<{ object_key: string; delete_after_ms: number }>(
      'SELECT * FROM object_tombstones',
    );
    expect(buried?.delete_after_ms).toBe(harness.nowMs + objectGraceMs);
    expect(harness.objects.blobs.keys()).toContain(buried?.object_key);
    await finish(harness);
    expectFinished(harness);
    await expectUnchanged(harness, content);
  });

  it('[I-6e] a damaged row stops tiering before it, is reported, and nothing is skipped', async () => {
    const { harness, content } = await sealedPartition();
    const [second] = segmentsOf(harness).slice(1, 2);
    const table = `segment_${second?.base_offset}`;
    const [row] = harness.store.query<{ base_offset: number; batches: Uint8Array }>(
      `SELECT base_offset, batches FROM ${table} LIMIT 1`,
    );
    const damaged = row?.batches.slice() ?? new Uint8Array(0);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    harness.store.run(`UPDATE ${table} SET batches = ? WHERE base_offset = ?`, damaged, row?.base_offset ?? 0);
    harness.restart();
    await harness.runAlarm();
    expect(
      segmentsOf(harness)
        .map(({ object_key }) => object_key !== null)
        .slice(0, 3),
    ).toEqual([true, false, false]);
    expect(harness.incidents.at(-1)).toMatchObject({ failure: { code: 'KAFKA_STORAGE_ERROR' } });
    const report = unwrap(await harness.service.maintain(testRef, 2));
    expect(report.jobs.find(({ kind }) => kind === 'tiering')).toMatchObject({
      failure: { code: 'KAFKA_STORAGE_ERROR' },
    });
    const before = content.filter(({ offset }) => offset < (second?.base_offset ?? 0));
    const first = unwrap(await harness.read({ offset: 0 }));
    expect(first.nextOffset).toBeGreaterThanOrEqual(before.length);
  });
});
