import { type BenchContext, keptInRows } from '../bench-context.ts';
import { batchFrame, batchOf, fastDoorPath, jsonValue } from '../payloads.ts';
import { type Contender, interleave, medianOf, type Rounds } from '../rounds.ts';
import { measure, ratioOfAtLeast, row, type Suite } from '../suite.ts';

/** Shapes of a frame: one batch each. A megabyte is the most a frame may have, so fewer of those are in flight. */
const shapes = [
  { records: 100, bytes: 100, inFlight: 256 },
  { records: 1_000, bytes: 100, inFlight: 16 },
  { records: 100, bytes: 1_000, inFlight: 16 },
  { records: 1_000, bytes: 1_000, inFlight: 4 },
] as const;
type Shape = (typeof shapes)[number];

/** The shape that is judged, and that raw SQLite also appends a frame at a time. */
const judged = shapes[0];
const frameACommit = 'raw SQLite, a frame a commit';

/** The judged shape on a topic as it comes: its sealed segments move to objects meanwhile, on the same thread and disk. */
const tiered = 'segments move meanwhile';
const unit = 'records/s';

/** Whole batches over one socket, against SQLite alone on the same disk. */
export const fastDoorFrames: Suite = {
  name: 'ws-frames',
  about: 'the fast door, frames of one batch, against raw SQLite (FULL) appending the same blobs',
  async run(context) {
    const contenders: Record<string, Contender> = {};
    for (const shape of shapes) {
      const batch = batchOf(shape.records, jsonValue(shape.bytes));
      const row = { bytes: batch.length, records: shape.records };
      contenders[nameOf(shape)] = await produce(context, shape, batch, row, keptInRows);
      contenders[sameRows(shape)] = appendRaw(context, row);
      if (shape !== judged) continue;
      contenders[frameACommit] = appendRaw(context, { ...row });
      contenders[tiered] = await produce(context, shape, batch, { ...row }, {});
    }
    context.say('WebSocket, a batch a frame, and raw SQLite');
    const rounds = await interleave(contenders, context.effort.rounds);
    return shapes.flatMap((shape) => outcomesOf(shape, rounds));
  },
};

/** What one row of the platform held in the last window: raw SQLite then appends blobs of that size. */
type StoredRow = { bytes: number; records: number };

const nameOf = (shape: Shape) => `${shape.records} x ${shape.bytes} B`;
const sameRows = (shape: Shape) => `raw SQLite, rows as large as of ${nameOf(shape)}`;

function outcomesOf(shape: Shape, rounds: Rounds) {
  const contender = nameOf(shape);
  const name = `WebSocket frames of ${contender}, ${shape.inFlight} in flight`;
  const note = `${medianOf(rounds, contender, 'answersEach').toFixed(1)} frames a row`;
  const isJudged = shape === judged;
  const target = isJudged ? ratioOfAtLeast(0.5, 0.8, true) : undefined;
  const outcomes = [row(name, rounds, contender, { unit, against: sameRows(shape), target, note })];
  if (isJudged) {
    outcomes.push(row(name, rounds, contender, { unit, against: frameACommit }));
    outcomes.push(row(`${name}, ${tiered}`, rounds, tiered, { unit, against: contender }));
  }
  return outcomes;
}

async function produce(
  context: BenchContext,
  shape: Shape,
  batch: Uint8Array,
  stored: StoredRow,
  config: Readonly<Record<string, string>>,
): Promise<Contender> {
  const server = await context.platform('platform');
  const path = fastDoorPath(await context.createTopic(server, config));
  const frame = batchFrame(batch);
  const { inFlight } = shape;
  return async () => {
    const job = { kind: 'websocket', port: server.port, path, frame, inFlight } as const;
    const sample = await measure(context, job, server, shape.records);
    // Acks are coalesced a flush, and a flush is a row, so their messages count the rows.
    stored.bytes = Math.round(sample.answersEach! * batch.length);
    stored.records = sample.answersEach! * shape.records;
    return sample;
  };
}

function appendRaw(context: BenchContext, stored: StoredRow): Contender {
  return () => {
    const job = { kind: 'raw-sqlite', directory: context.directory, blobBytes: stored.bytes } as const;
    return measure(context, job, null, stored.records);
  };
}
