/** One event as WHATWG HTML 9.2.6 dispatches it, or an id that came without data. */
export type StreamEvent = { readonly type: string; readonly data: string; readonly id: string };

/** Reads a Server-Sent Events body as the standard's parser does; comments and `retry` are skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let type = '';
  let data: string[] = [];
  let id = '';
  for await (const line of readLines(body)) {
    if (line === '') {
      yield { type: type === '' ? 'message' : type, data: data.join('\n'), id };
      type = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
    if (field === 'id') id = value;
  }
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
