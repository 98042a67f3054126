import { encodeBatch } from '../../src/log/record.ts';
import { askUntilAnswered, type World } from './asking.ts';
import { keyOf, recordValue } from './run-log.ts';

type ProduceAnswer = {
  readonly results: readonly { readonly partition: number; readonly offset: number }[];
  readonly duplicate?: boolean;
};

const encoder = new TextEncoder();

/** Records of new ids as one batch with the producer's sequence. */
export function sequencedBatch(
  ids: readonly number[],
  producer: { readonly producerId: number; readonly producerEpoch: number },
  baseSequence: number,
): Uint8Array<ArrayBuffer> {
  const timestampMs = Date.now();
  const records = ids.map((id) => ({
    timestampMs,
    key: encoder.encode(keyOf(id)),
    value: encoder.encode(recordValue(id)),
    headers: [],
  }));
  return encodeBatch(records, { ...producer, baseSequence }) as Uint8Array<ArrayBuffer>;
}

/** A producer id and epoch of the platform's own. */
export async function newProducer(world: World): Promise<{ producerId: number; producerEpoch: number }> {
  const { answer } = await askUntilAnswered(world, '/v1/producers', { method: 'POST' });
  const { producer_id, producer_epoch } = answer as { producer_id: number; producer_epoch: number };
  return { producerId: producer_id, producerEpoch: producer_epoch };
}

export const newIds = (world: World, writer: number, most: number): number[] =>
  Array.from({ length: 1 + Math.floor(Math.random() * most) }, () => world.log.newId(writer));

/** One producer id, one partition, one batch at a time over HTTP; each is repeated until it is answered. */
export async function runBatchWriter(world: World, writer: number): Promise<void> {
  const partition = writer % world.partitionCount;
  const producer = await newProducer(world);
  const path = `/v1/topics/${world.topic}/records?partition=${partition}`;
  let sequence = 0;
  while (!world.isEnding()) {
    const ids = newIds(world, writer, 4);
    const body = sequencedBatch(ids, producer, sequence);
    sequence += ids.length;
    const sentAtMs = world.log.now();
    const headers = { 'content-type': 'application/vnd.millrace.batch' };
    const { status, answer } = await askUntilAnswered(world, path, { method: 'POST', headers, body });
    const { results = [], duplicate } = answer as ProduceAnswer;
    const first = results[0];
    if (status !== 200 || first?.offset === undefined) {
      world.log.report('refused', `a batch of writer ${writer}: ${status} ${JSON.stringify(answer)}`);
      return;
    }
    settle(world, duplicate);
    for (const [index, id] of ids.entries()) world.log.ack(id, partition, first.offset + index, sentAtMs);
  }
}

/** JSON records under an Idempotency-Key, spread over the partitions by their keys or left to the request's own. */
export async function runKeyedWriter(world: World, writer: number, isKeyless: boolean): Promise<void> {
  for (let request = 0; !world.isEnding(); request += 1) {
    const ids = newIds(world, writer, 3);
    const records = ids.map((id) => ({ ...(isKeyless ? {} : { key: keyOf(id) }), value_text: recordValue(id) }));
    const headers = { 'content-type': 'application/json', 'idempotency-key': `writer-${writer}-${request}` };
    const sentAtMs = world.log.now();
    const { status, answer } = await askUntilAnswered(world, `/v1/topics/${world.topic}/records`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ records }),
    });
    const { results = [], duplicate } = answer as ProduceAnswer;
    if (status !== 200 || results.length !== ids.length || results.some(({ offset }) => offset === undefined)) {
      world.log.report('refused', `a keyed request of writer ${writer}: ${status} ${JSON.stringify(answer)}`);
      return;
    }
    settle(world, duplicate);
    for (const [index, id] of ids.entries()) {
      world.log.ack(id, results[index]!.partition, results[index]!.offset, sentAtMs);
    }
  }
}

function settle(world: World, duplicate: boolean | undefined): void {
  world.log.counts.requests += 1;
  if (duplicate) world.log.counts.recognised += 1;
}
