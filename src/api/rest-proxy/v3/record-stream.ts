import type { ConcatenatedItem, ConcatenatedJson } from '../../../json/concatenated-json.ts';

/** Read at a time: what a connection buffers anyway, and a batch worth writing. */
const readBytes = 64 * 1024;

/**
 * Answers a stream of records while it is still being sent: every piece that arrives is produced and answered before
 * the next is read, so that a stream holds no more than one piece and one record, answers are in the order of the
 * records, and a client that does not take its answers is not read from.
 */
export async function pumpAnswers(
  body: ReadableStream<Uint8Array>,
  answers: WritableStream<Uint8Array>,
  records: ConcatenatedJson,
  answer: (items: readonly ConcatenatedItem[]) => Promise<Uint8Array>,
): Promise<void> {
  const writer = answers.getWriter();
  const reader = body.getReader({ mode: 'byob' });
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(readBytes));
      const items = done ? records.end() : records.push(value);
      if (items.length > 0) await writer.write(await answer(items));
      if (done) break;
    }
    await writer.close();
  } catch (thrown) {
    // Either side may be gone: the other must not wait for what never comes.
    await Promise.allSettled([reader.cancel(thrown), writer.abort(thrown)]);
  }
}
