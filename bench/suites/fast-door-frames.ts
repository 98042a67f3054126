import type { BenchContext } from '../bench-context.ts';
import { batchFrame, batchOf, fastDoorPath, jsonValue } from '../payloads.ts';
import { type Contender, interleave, medianOf } from '../rounds.ts';
import { latencyNote, ratioOfAtLeast, row, type Suite, sampleOf } from '../suite.ts';

/** Shapes of a frame: one batch each. A megabyte is the most a frame may have, so fewer of those are in flight. */
const shapes = [
  { records: 100, bytes: 100, inFlight: 64 },
  { records: 1_000, bytes: 100, inFlight: 16 },
  { records: 100, bytes: 1_000, inFlight: 16 },
  { records: 1_000, bytes: 1_000, inFlight: 4 },
] as const;
const unit = 'records/s';

/** Whole batches over one socket, against SQLite alone on the same disk. */
export const fastDoorFrames: Suite = {
  name: 'ws-frames',
  about: 'the fast door, frames of one batch, against raw SQLite (FULL) appending the same blobs',
  async run(context) {
    const contenders: Record<string, Contender> = {};
    for (const shape of shapes) {
      const frame = batchOf(shape.records, jsonValue(shape.bytes));
      const flushed = { bytes: frame.length, records: shape.records };
      contenders[nameOf(shape)] = await produce(context, shape, frame, flushed);
      contenders[`raw SQLite, rows of ${nameOf(shape)}`] = appendRaw(context, flushed);
      if (shape === shapes[0]) {
        contenders['raw SQLite, a frame a commit'] = appendRaw(context, { ...flushed });
      }
    }
    context.say('WebSocket, a batch a frame, and raw SQLite');
    const rounds = await interleave(contenders, context.effort.rounds);
    const outcomes = shapes.map((shape) => {
      const name = nameOf(shape);
      const note = `${medianOf(rounds, name, 'answersEach').toFixed(1)} frames a row, ${latencyNote(rounds, name)}`;
      const target = shape === shapes[0] ? ratioOfAtLeast(0.5, 0.8, true) : undefined;
      return row(`WebSocket frames of ${name}, ${shape.inFlight} in flight`, rounds, name, {
        unit,
        against: `raw SQLite, rows of ${name}`,
        target,
        note,
      });
    });
    const first = nameOf(shapes[0]);
    outcomes.push(
      row(`WebSocket frames of ${first}, ${shapes[0].inFlight} in flight`, rounds, first, {
        unit,
        against: 'raw SQLite, a frame a commit',
      }),
    );
    return outcomes;
  },
};

type Shape = (typeof shapes)[number];
/** What one row of the platform held in the last window: raw SQLite then appends blobs of that size. */
type Flushed = { bytes: number; records: number };

const nameOf = (shape: Shape) => `${shape.records} x ${shape.bytes} B`;

async function produce(context: BenchContext, shape: Shape, batch: Uint8Array, flushed: Flushed): Promise<Contender> {
  const server = await context.platform('platform');
  const path = fastDoorPath(await context.createTopic(server));
  const frame = batchFrame(batch);
  const { warmUpMs, windowMs } = context.effort;
  return async () => {
    const { inFlight } = shape;
    const job = { kind: 'websocket', port: server.port, path, frame, inFlight, warmUpMs, windowMs } as const;
    const result = await context.load.run(job);
    const sample = sampleOf(result, windowMs, shape.records);
    // Acks are coalesced a flush, so their messages count the flushes.
    flushed.bytes = Math.round(sample.answersEach! * batch.length);
    flushed.records = sample.answersEach! * shape.records;
    return sample;
  };
}

function appendRaw(context: BenchContext, flushed: Flushed): Contender {
  const { warmUpMs, windowMs } = context.effort;
  return async () => {
    const job = {
      kind: 'raw-sqlite',
      directory: context.directory,
      blobBytes: flushed.bytes,
      warmUpMs,
      windowMs,
    } as const;
    return sampleOf(await context.load.run(job), windowMs, flushed.records);
  };
}
