import type { ConcatenatedItem, ConcatenatedJson } from '../../../json/concatenated-json.ts';
import { ItemQueue } from './item-queue.ts';

/** Read at a time: what a connection buffers anyway. */
const readBytes = 64 * 1024;

/** What may wait for its turn while a batch is produced: a few batches' worth. */
const maxWaitingBytes = 1024 * 1024;

/**
 * Answers that may wait for the client to take them. Many clients send all of a request before they look at its answer,
 * and would wait for the platform while it waits for them.
 */
const maxUntakenBytes = 8 * 1024 * 1024;

type AnswerItems = (items: readonly ConcatenatedItem[]) => Promise<Uint8Array>;

/**
 * Answers a stream of records while it is still being sent. What arrives while a batch is produced makes up the next
 * one, and answers are in the order of the records. A stream holds {@link maxWaitingBytes} of records, one that is not
 * whole yet and {@link maxUntakenBytes} of answers at most; a client that does not take those is not read from.
 */
export async function pumpAnswers(
  body: ReadableStream<Uint8Array>,
  answers: WritableStream<Uint8Array>,
  records: ConcatenatedJson,
  answer: AnswerItems,
): Promise<void> {
  const reader = body.getReader({ mode: 'byob' });
  const writer = answers.getWriter();
  const queue = new ItemQueue(maxWaitingBytes);
  // Either side may be gone: the other must not wait for what never comes.
  const reading = readItems(reader, records, queue).catch((thrown) => {
    queue.close();
    return writer.abort(thrown).catch(() => undefined);
  });
  const answering = writeAnswers(queue, writer, answer).catch((thrown) => {
    queue.close();
    return reader.cancel(thrown).catch(() => undefined);
  });
  await Promise.all([reading, answering]);
}

async function readItems(reader: ReadableStreamBYOBReader, records: ConcatenatedJson, queue: ItemQueue): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(readBytes));
    const items = done ? records.end() : records.push(value);
    const isWanted = await queue.put(items, value?.length ?? 0);
    if (done || !isWanted) break;
  }
  queue.close();
}

async function writeAnswers(queue: ItemQueue, writer: WritableStreamDefaultWriter, answer: AnswerItems): Promise<void> {
  const untaken: { readonly bytes: number; readonly taken: Promise<void> }[] = [];
  let untakenBytes = 0;
  let failure: unknown = null;
  for (let items = await queue.take(); items !== null; items = await queue.take()) {
    const text = await answer(items);
    const taken = writer.write(text);
    taken.catch((thrown) => {
      failure ??= thrown;
      queue.close();
    });
    untaken.push({ bytes: text.length, taken });
    untakenBytes += text.length;
    while (untakenBytes > maxUntakenBytes) {
      const oldest = untaken.shift()!;
      await oldest.taken;
      untakenBytes -= oldest.bytes;
    }
  }
  if (failure !== null) throw failure;
  await writer.close();
}
