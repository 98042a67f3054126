import type { ConcatenatedItem, ConcatenatedJson } from '../../../json/concatenated-json.ts';
import { ItemQueue } from './item-queue.ts';

/** Read at a time: what a connection buffers anyway. */
const readBytes = 64 * 1024;

/** What may wait for its turn while a batch is produced: a few batches' worth. */
const maxWaitingBytes = 1024 * 1024;

type AnswerItems = (items: readonly ConcatenatedItem[]) => Promise<Uint8Array>;

/**
 * Answers a stream of records while it is still being sent. What arrives while a batch is produced makes up the next
 * one, and answers are in the order of the records. A stream holds {@link maxWaitingBytes} and one record at most, and a
 * client that does not take its answers is not read from.
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
  for (let items = await queue.take(); items !== null; items = await queue.take()) {
    await writer.write(await answer(items));
  }
  await writer.close();
}
