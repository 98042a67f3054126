import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failed, ok, type Result } from '../../src/errors/result.ts';
import { encodeSubscribeFrame, serverFrame } from '../../src/log/fast-door-frames.ts';
import { readBatchHeader } from '../../src/log/record-batch.ts';
import { type BatchEnd, compareWithWitness, laterWitness, type Witness } from '../../src/log/witness.ts';
import { PartitionHarness, producerBatch, RecordingSocket, testRef, unwrap } from '../support/partition-harness.ts';

/** The base offset of each row of the first segment, i.e. of each flush. */
function rowsOf(partition: PartitionHarness): number[] {
  return partition.store
    .query<{ base_offset: number }>('SELECT base_offset FROM segment_0 ORDER BY base_offset')
    .map(({ base_offset }) => base_offset);
}

/** Loses the log from `offset` on, as a write-ahead log does that was cut, and starts a new instance on what is left. */
function cutAt(partition: PartitionHarness, offset: number): void {
  partition.store.run('DELETE FROM segment_0 WHERE base_offset >= ?', offset);
  partition.store.run('DELETE FROM producers');
  partition.restart();
}

/** A partition of ten records, one a flush, that the cluster has a witness of. */
async function witnessed(): Promise<PartitionHarness> {
  const partition = await new PartitionHarness().open();
  for (let n = 0; n < 10; n += 1) unwrap(await partition.appendValues(`value ${n}`));
  await report(partition);
  expect(partition.witness).toMatchObject({ leaderEpoch: 0, highWatermark: 10 });
  return partition;
}

async function report(partition: PartitionHarness): Promise<void> {
  partition.nowMs += 5_000;
  await partition.runAlarm();
}

const truncated = { error: { code: 'LOG_TRUNCATED' } };

describe('the witness', () => {
  const log = (changes: { leaderEpoch?: number; highWatermark?: number; end?: BatchEnd }) => ({
    leaderEpoch: changes.leaderEpoch ?? 3,
    logStartOffset: 0,
    highWatermark: changes.highWatermark ?? 100,
    batchBefore: () => changes.end ?? { crc: 7 },
  });
  const seen: Witness = { leaderEpoch: 3, highWatermark: 100, lastBatchCrc: 7 };

  test.each([
    ['the same log', seen, log({})],
    ['a log that went on', seen, log({ highWatermark: 500 })],
    ['a log that was recovered since', seen, log({ leaderEpoch: 4, highWatermark: 60 })],
    ['a log whose batch is in an object now', seen, log({ end: 'elsewhere' })],
    [
      'a log that was empty of batches when it was seen',
      { ...seen, lastBatchCrc: null },
      log({ end: 'no-batch-ends-there' }),
    ],
    ['a log that nobody saw', null, log({ highWatermark: 0 })],
  ] as const)('[I-17a] agrees with %s', (_, witness, found) => {
    expect(compareWithWitness(witness, found)).toMatchObject({ ok: true });
  });

  test.each([
    ['a log that ends before it', log({ highWatermark: 99 })],
    ['a log of an earlier epoch, however long', log({ leaderEpoch: 2, highWatermark: 500 })],
    ['another batch at its end', log({ end: { crc: 8 } })],
    ['batches that are cut differently', log({ end: 'no-batch-ends-there' })],
  ] as const)('[I-17a] finds %s', (_, found) => {
    expect(compareWithWitness(seen, found)).toMatchObject({
      ok: false,
      error: { code: 'LOG_TRUNCATED', detail: { witnessed_high_watermark: 100, witnessed_leader_epoch: 3 } },
    });
  });

  test('keeps the latest report, in whatever order they arrive', () => {
    const witness = fc.record({
      leaderEpoch: fc.integer({ min: 0, max: 3 }),
      highWatermark: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(witness, { minLength: 1, maxLength: 8 }), (reports) => {
        const kept = reports.reduce<Witness | null>(
          (held, one) => laterWitness(held, { ...one, lastBatchCrc: null }),
          null,
        )!;
        const epoch = Math.max(...reports.map(({ leaderEpoch }) => leaderEpoch));
        const ends = reports.filter(({ leaderEpoch }) => leaderEpoch === epoch);
        expect(kept.leaderEpoch).toBe(epoch);
        expect(kept.highWatermark).toBe(Math.max(...ends.map(({ highWatermark }) => highWatermark)));
      }),
    );
  });
});

describe('a partition that lost the end of its log', () => {
  test('[I-17a] serves nothing: no append, no read, no relay, no socket, no upkeep, and no report that would hide it', async () => {
    const partition = await witnessed();
    const socket = new RecordingSocket();
    unwrap(partition.service.fastDoor(testRef, 1)).open(socket);
    cutAt(partition, 6);
    partition.service.openDoor?.restore(socket);
    const reports = partition.reports.length;
    expect(await partition.appendValues('late')).toMatchObject({
      error: { code: 'LOG_TRUNCATED', detail: { high_watermark: 6, witnessed_high_watermark: 10 } },
    });
    expect(await partition.ask('earliest')).toMatchObject(truncated);
    expect(await partition.service.registerRelay(testRef, 1, 'relay')).toMatchObject(truncated);
    expect(await partition.service.maintain(testRef, 1)).toMatchObject(truncated);
    expect(await partition.service.deleteRecords(testRef, 1, 'latest')).toMatchObject(truncated);
    expect(partition.service.fastDoor(testRef, 1)).toMatchObject(truncated);
    partition.service.onFrame(socket, encodeSubscribeFrame(1_000, 0));
    await new Promise(setImmediate);
    expect(socket.frames.map((frame) => frame[0])).toEqual([serverFrame.error]);
    expect(socket.closed?.code).toBe(1012);
    partition.nowMs += 3_600_000;
    await partition.service.runDue();
    expect(partition.reports).toHaveLength(reports);
    expect(partition.incidents).toMatchObject([{ event: 'partition-upkeep-postponed', failure: truncated.error }]);
    expect(rowsOf(partition)).toEqual([0, 1, 2, 3, 4, 5]);
    // What was put off goes on once somebody has looked after it.
    unwrap(await partition.service.recover(testRef, 1));
    await report(partition);
    expect(partition.witness).toMatchObject({ leaderEpoch: 1, highWatermark: 6 });
  });

  test('is not what an instance finds that was replaced before it had asked', async () => {
    const partition = await witnessed();
    const { witness } = partition;
    let isReplaced = false;
    let answerWitness: (witness: Result<Witness | null>) => void = () => {};
    partition.wrapPorts = (ports) => ({
      ...ports,
      witness: () =>
        new Promise((resolve) => {
          answerWitness = resolve;
        }),
      sql: new Proxy(ports.sql, {
        get: (store, verb: 'query') => {
          if (isReplaced) throw new Error('Network connection lost.');
          return store[verb].bind(store);
        },
      }),
    });
    partition.restart();
    const answered = partition.ask('earliest');
    isReplaced = true;
    answerWitness(ok({ ...witness!, highWatermark: 12 }));
    await expect(answered).rejects.toThrow('Network connection lost.');
  });

  test('[I-17a] is found though it is empty, and though nothing of it is left at all', async () => {
    const emptied = await witnessed();
    cutAt(emptied, 0);
    expect(await emptied.appendValues('late')).toMatchObject(truncated);
    const anew = new PartitionHarness();
    anew.witness = emptied.witness;
    await anew.open();
    expect(await anew.appendValues('late')).toMatchObject(truncated);
  });

  test('[I-17a] is found though it grew again to the same length with other records', async () => {
    const partition = await witnessed();
    const { witness } = partition;
    cutAt(partition, 6);
    partition.witness = null;
    for (let n = 6; n < 12; n += 1) unwrap(await partition.appendValues(`other ${n}`));
    partition.witness = witness;
    partition.restart();
    expect(await partition.ask('earliest')).toMatchObject(truncated);
  });

  test('is served again once the loss is accepted, under a higher epoch that lasts', async () => {
    const partition = await witnessed();
    cutAt(partition, 6);
    expect(await partition.appendValues('late')).toMatchObject(truncated);
    expect(await partition.service.recover(testRef, 1)).toEqual({
      ok: true,
      value: { recovered: true, leaderEpoch: 1, logStartOffset: 0, highWatermark: 6, witnessedHighWatermark: 10 },
    });
    expect(unwrap(await partition.appendValues('next')).ranges).toMatchObject([{ baseOffset: 6 }]);
    const { batches } = unwrap(await partition.ask({ offset: 6 }));
    expect(readBatchHeader(batches, 0).leaderEpoch).toBe(1);
    // The witness of what was lost is still the cluster's last: a crash now must not bring the refusal back.
    expect(partition.witness).toMatchObject({ leaderEpoch: 0, highWatermark: 10 });
    partition.restart();
    expect(unwrap(await partition.appendValues('again')).ranges).toMatchObject([{ baseOffset: 7 }]);
    await report(partition);
    expect(partition.witness).toMatchObject({ leaderEpoch: 1, highWatermark: 8 });
    // A copy from before the recovery is one that lost its end, too.
    partition.store.run('UPDATE partition SET leader_epoch = 0');
    partition.restart();
    expect(await partition.appendValues('late')).toMatchObject(truncated);
  });

  test('is not changed by a recovery that it does not need', async () => {
    const partition = await witnessed();
    for (let n = 0; n < 2; n += 1) {
      expect(unwrap(await partition.service.recover(testRef, 1))).toMatchObject({ recovered: false, leaderEpoch: 0 });
    }
    partition.restart();
    expect(unwrap(await partition.service.recover(testRef, 1))).toMatchObject({ recovered: false, highWatermark: 10 });
  });
});

describe('after the last witness', () => {
  test('[I-17a] a producer whose last batches are gone is told by its sequence', async () => {
    const partition = await new PartitionHarness().open();
    const producer = { producerId: 9, producerEpoch: 0 };
    for (let sequence = 0; sequence < 5; sequence += 1) {
      unwrap(await partition.append({ batches: producerBatch({ ...producer, baseSequence: sequence }, 'value') }));
      if (sequence === 2) await report(partition);
    }
    const state = partition.store.query<{ batches: string }>('SELECT batches FROM producers')[0]!;
    partition.store.run('DELETE FROM segment_0 WHERE base_offset >= 4');
    const kept = JSON.parse(state.batches).slice(0, -1);
    partition.store.run('UPDATE producers SET batches = ?', JSON.stringify(kept));
    partition.restart();
    const next = await partition.append({ batches: producerBatch({ ...producer, baseSequence: 5 }, 'value') });
    expect(next).toMatchObject({ error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } });
  });

  test('[I-17a] a reader beyond the end is told, over every way to read', async () => {
    const partition = await witnessed();
    for (let n = 10; n < 15; n += 1) unwrap(await partition.appendValues(`value ${n}`));
    const socket = new RecordingSocket();
    socket.attachment = { next: 15, credit: 1_000 };
    cutAt(partition, 12);
    expect(await partition.ask({ offset: 15 })).toMatchObject({
      error: { code: 'OFFSET_OUT_OF_RANGE', detail: { high_watermark: 12 } },
    });
    partition.service.openDoor?.restore(socket);
    expect(socket.frames.map((frame) => frame[0])).toEqual([serverFrame.error]);
    expect(new TextDecoder().decode(socket.frames[0]!.subarray(5))).toContain('OFFSET_OUT_OF_RANGE');
    // New records at the offsets that it has seen must not come to it as what follows.
    for (let n = 12; n < 20; n += 1) unwrap(await partition.appendValues(`other ${n}`));
    expect(socket.frames).toHaveLength(1);
    expect(socket.attachment).toBeNull();
  });
});

describe('while the cluster is away', () => {
  test('nothing is acknowledged, everything may be repeated, and one answer lets all go on in their order', async () => {
    const partition = await witnessed();
    const answer = partition.answerWitness;
    let asked = 0;
    partition.answerWitness = async () => {
      asked += 1;
      throw new Error('Network connection lost.');
    };
    partition.restart();
    expect(await partition.appendValues('early')).toMatchObject({ error: { code: 'LOG_UNVERIFIED' } });
    expect(await partition.ask('earliest')).toMatchObject({ error: { code: 'LOG_UNVERIFIED' } });
    expect(asked).toBe(2);
    partition.answerWitness = async () => failed('NEWER_SCHEMA', 'the cluster is of a newer version');
    expect(await partition.appendValues('early')).toMatchObject({ error: { code: 'LOG_UNVERIFIED' } });
    expect(rowsOf(partition)).toHaveLength(10);

    const { promise, resolve } = Promise.withResolvers<void>();
    partition.answerWitness = async () => {
      asked += 1;
      await promise;
      return answer();
    };
    const appends = Array.from({ length: 5 }, (_, n) => partition.appendValues(`value ${n}`));
    const read = partition.ask({ offset: 9 });
    resolve();
    const offsets = (await Promise.all(appends)).map((reply) => unwrap(reply).ranges[0]!.baseOffset);
    expect(offsets).toEqual([10, 11, 12, 13, 14]);
    expect(unwrap(await read).startOffset).toBe(9);
    expect(asked).toBe(3);
  });

  test('a socket ends for good when the cluster says that the topic was deleted, though nobody told the partition', async () => {
    const partition = await witnessed();
    const socket = new RecordingSocket();
    partition.answerWitness = async () => failed('UNKNOWN_TOPIC_ID', 'There is no topic with this id.');
    partition.restart();
    partition.service.openDoor?.restore(socket);
    partition.service.onFrame(socket, encodeSubscribeFrame(1_000, 0));
    await new Promise(setImmediate);
    expect(new TextDecoder().decode(socket.frames[0]!.subarray(5))).toContain('UNKNOWN_TOPIC_ID');
    expect(socket.closed?.code).toBe(4404);
  });

  test('a partition that is closed meanwhile answers so, whatever is left of its log', async () => {
    const partition = await witnessed();
    const { promise, resolve } = Promise.withResolvers<void>();
    partition.answerWitness = async () => {
      await promise;
      return ok(partition.witness);
    };
    partition.restart();
    const append = partition.appendValues('late');
    const recovery = partition.service.recover(testRef, 1);
    unwrap(await partition.service.close(testRef));
    await partition.runAlarm();
    resolve();
    expect(await append).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } });
    expect(await recovery).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } });
  });

  test('upkeep waits and tries again', async () => {
    const partition = await witnessed();
    unwrap(await partition.appendValues('one more'));
    const { answerWitness } = partition;
    partition.answerWitness = async () => {
      throw new Error('Network connection lost.');
    };
    partition.restart();
    const reports = partition.reports.length;
    await partition.service.runDue();
    expect(partition.reports).toHaveLength(reports);
    partition.answerWitness = answerWitness;
    partition.nowMs += 30_000;
    await partition.runAlarm();
    expect(partition.reports).toHaveLength(reports + 1);
  });

  test('a topic that was deleted meanwhile is told as deleted', async () => {
    const partition = await witnessed();
    partition.answerWitness = async () => failed('UNKNOWN_TOPIC_ID', 'deleted');
    partition.restart();
    expect(await partition.appendValues('late')).toMatchObject({ error: { code: 'UNKNOWN_TOPIC_ID' } });
  });
});
