import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let platform: PlatformProcess;
beforeAll(async () => {
  platform = await startPlatformProcess();
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const topicsPath = '/v3/clusters/local/topics';

async function createTopic(topic_name: string, partitions_count = 1): Promise<void> {
  const answer = await fetch(platform.restProxyUrl + topicsPath, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topic_name, partitions_count }),
  });
  expect(answer.status).toBe(201);
}

/** A streaming produce as the documentation has it: one chunked request, to which answers come while it is open. */
class ProduceStream {
  readonly #request: ClientRequest;
  readonly #answer: Promise<IncomingMessage>;
  #text = '';
  #lines: AsyncIterator<unknown> | undefined;

  constructor(topic: string) {
    this.#request = request(`${platform.restProxyUrl}${topicsPath}/${topic}/records`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    });
    this.#answer = new Promise((resolve, reject) => {
      this.#request.on('response', resolve);
      this.#request.on('error', reject);
    });
  }

  /** Resolves once the connection has room for more. */
  send(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#request.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  end(): void {
    this.#request.end();
  }

  hangUp(): void {
    this.#request.on('error', () => undefined);
    this.#request.destroy();
  }

  async status(): Promise<number | undefined> {
    return (await this.#answer).statusCode;
  }

  /** The next answer, or null at the end. */
  async next(): Promise<Answer | null> {
    this.#lines ??= this.#readLines();
    const { done, value } = await this.#lines.next();
    return done === true ? null : (value as Answer);
  }

  async *#readLines(): AsyncGenerator<unknown> {
    for await (const chunk of await this.#answer) {
      const lines = (this.#text + chunk).split('\n');
      this.#text = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  }
}

type Answer = { readonly error_code: number; readonly offset?: number; readonly message?: string };

const record = (data: unknown) => JSON.stringify({ value: { type: 'JSON', data } });

describe('a stream of records over v3', () => {
  test('is answered record by record while the request is open', async () => {
    await createTopic('streamed');
    const stream = new ProduceStream('streamed');
    await stream.send(record(1));
    expect(await stream.next()).toMatchObject({ error_code: 200, offset: 0, topic_name: 'streamed' });
    expect(await stream.status()).toBe(200);
    await stream.send(`${record(2)}{"value":{"type":"BINARY","data":"%"}} nonsense ${record(3)}`);
    expect(await stream.next()).toMatchObject({ error_code: 200, offset: 1 });
    expect(await stream.next()).toMatchObject({ error_code: 42_206 });
    expect(await stream.next()).toMatchObject({ error_code: 400 });
    expect(await stream.next()).toMatchObject({ error_code: 200, offset: 2 });
    stream.end();
    expect(await stream.next()).toBeNull();
  });

  test('keeps the order of a hundred thousand records and of their answers', async () => {
    await createTopic('long');
    const stream = new ProduceStream('long');
    const count = 100_000;
    const perPiece = 1_000;
    const sending = (async () => {
      for (let at = 0; at < count; at += perPiece) {
        await stream.send(Array.from({ length: perPiece }, (_, index) => record(at + index)).join(''));
      }
      stream.end();
    })();
    for (let offset = 0; offset < count; offset++) {
      const answer = await stream.next();
      if (answer?.error_code !== 200 || answer.offset !== offset)
        throw new Error(`${offset}: ${JSON.stringify(answer)}`);
    }
    expect(await stream.next()).toBeNull();
    await sending;
    const read = await fetch(`${platform.url}/v1/topics/long/partitions/0/records?offset=99990`, {
      headers: { accept: 'application/x-ndjson' },
    });
    const values = (await read.text()).trimEnd().split('\n');
    expect(values.map((line) => JSON.parse(line).value)).toEqual(
      Array.from({ length: 10 }, (_, index) => 99_990 + index),
    );
  });

  test('passes a record over that is larger than any topic takes, and goes on', async () => {
    await createTopic('oversize');
    const stream = new ProduceStream('oversize');
    await stream.send(`${record(1)}{"value":{"type":"STRING","data":"`);
    expect(await stream.next()).toMatchObject({ error_code: 200 });
    const piece = Buffer.alloc(256 * 1024, 'x');
    for (let sent = 0; sent < 6 * 1024 * 1024; sent += piece.length) await stream.send(piece);
    await stream.send(`"}}${record(2)}`);
    expect(await stream.next()).toMatchObject({ error_code: 413 });
    expect(await stream.next()).toMatchObject({ error_code: 200, offset: 1 });
    stream.end();
    expect(await stream.next()).toBeNull();
  });

  test('leaves no trouble behind when the client hangs up', async () => {
    await createTopic('cut');
    const stream = new ProduceStream('cut');
    await stream.send(`${record(1)}{"value":`);
    expect(await stream.next()).toMatchObject({ error_code: 200 });
    stream.hangUp();
    const again = new ProduceStream('cut');
    await again.send(record(2));
    expect(await again.next()).toMatchObject({ error_code: 200, offset: 1 });
    again.end();
    expect(await again.next()).toBeNull();
    expect(platform.stderr).toBe('');
  });

  test('is refused at once where there is no topic', async () => {
    const stream = new ProduceStream('nowhere');
    await stream.send(record(1));
    expect(await stream.status()).toBe(404);
    stream.hangUp();
  });
});

test('the main door has the REST Proxy, too, and neither speaks to pages of other sites', async () => {
  await createTopic('both');
  const viaMain = await fetch(`${platform.url}/rest-proxy${topicsPath}/both`);
  expect(await viaMain.json()).toMatchObject({
    topic_name: 'both',
    metadata: { self: `${platform.url}/rest-proxy${topicsPath}/both` },
  });
  for (const url of [`${platform.url}/rest-proxy/topics`, `${platform.restProxyUrl}/topics`]) {
    expect((await fetch(url, { headers: { origin: 'https://example.com' } })).status).toBe(403);
  }
});
