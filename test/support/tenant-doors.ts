import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { type Client, createClient } from '../../src/client/index.ts';
import { encodeProduceFrame, fastDoorProtocol } from '../../src/log/fast-door-frames.ts';
import { encodeLooseRecord } from '../../src/log/loose-records.ts';
import { readEvents } from './event-stream.ts';
import type { PlatformProcess } from './platform.ts';

const utf8 = new TextEncoder();

/** One organization on a running closed platform, and every door that its key opens. */
export class TenantDoors {
  readonly client: Client;
  readonly #platform: PlatformProcess;
  readonly #apiKey: string;
  readonly #clusterId: string;
  readonly #topic: string;
  readonly #kafka: Kafka;

  constructor(platform: PlatformProcess, apiKey: string, clusterId: string, topic: string) {
    this.#platform = platform;
    this.#apiKey = apiKey;
    this.#clusterId = clusterId;
    this.#topic = topic;
    this.client = createClient({ url: platform.url, credential: apiKey });
    this.#kafka = new Kafka({
      brokers: [platform.kafkaServers],
      ssl: false,
      logLevel: logLevel.NOTHING,
      sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: apiKey }) },
    });
  }

  /** Every way to write one record with a text as its value, by the door's name. */
  readonly writers: Readonly<Record<string, (value: string) => Promise<void>>> = {
    http: (value) => this.#post('/v1/topics/@/records', { records: [{ value }] }),
    'rest-proxy-v2': (value) => this.#post('/rest-proxy/topics/@', { records: [{ value }] }, v2Json),
    'rest-proxy-v3': (value) =>
      this.#post('/rest-proxy/v3/clusters/#/topics/@/records', { value: { type: 'STRING', data: value } }),
    'json-websocket': (value) =>
      this.#overSocket('/v1/topics/@/ws', 'millrace.v1', (socket) =>
        socket.send(JSON.stringify({ type: 'produce', id: 'p', records: [{ value }] })),
      ),
    'binary-websocket': (value) =>
      this.#overSocket('/v1/topics/@/partitions/0/ws', fastDoorProtocol, (socket) =>
        socket.send(encodeProduceFrame('produceRecords', 1, encodeLooseRecord(1, null, utf8.encode(value)))),
      ),
    kafka: async (value) => {
      const producer = this.#kafka.producer();
      await producer.connect();
      await producer.send({ topic: this.#topic, messages: [{ value }] });
      await producer.disconnect();
    },
  };

  /** Every way to read the topic from its beginning until `count` values were seen, by the door's name. */
  readonly readers: Readonly<Record<string, (count: number) => Promise<string[]>>> = {
    http: async () => {
      const page = await this.client.read({ topic: this.#topic, partition: 0, offset: 'earliest' });
      return page.records.map((record) => record.text() ?? '');
    },
    'server-sent-events': async (count) => {
      const abort = new AbortController();
      const url = this.#url('/v1/topics/@/stream?from=earliest&as=text');
      const answer = await fetch(url, { headers: this.#headers(), signal: abort.signal });
      const values: string[] = [];
      for await (const { data } of readEvents(answer.body!)) {
        if (data !== '') values.push((JSON.parse(data) as { value: string }).value);
        if (values.length === count) break;
      }
      abort.abort();
      return values;
    },
    'json-websocket': (count) => this.#consume('json', count),
    'binary-websocket': (count) => this.#consume('binary', count),
    group: async (count) => {
      const group = this.client.group('app', { topics: [this.#topic] });
      const values: string[] = [];
      for await (const record of group) {
        values.push(record.text() ?? '');
        if (values.length === count) break;
      }
      return values;
    },
    'rest-proxy-v2': async (count) => {
      const base = '/rest-proxy/consumers/rest-app';
      await this.#post(base, { name: 'one', format: 'json', 'auto.offset.reset': 'earliest' }, v2);
      await this.#post(`${base}/instances/one/subscription`, { topics: [this.#topic] }, v2);
      const values: string[] = [];
      while (values.length < count) {
        const answer = await fetch(this.#url(`${base}/instances/one/records`), {
          headers: { ...this.#headers(), accept: v2Json },
        });
        values.push(...((await answer.json()) as { value: string }[]).map(({ value }) => value));
      }
      return values;
    },
    kafka: async (count) => {
      const consumer = this.#kafka.consumer({ groupId: 'kafka-app' });
      await consumer.connect();
      await consumer.subscribe({ topic: this.#topic, fromBeginning: true });
      const values: string[] = [];
      await new Promise<void>((resolve) => {
        void consumer.run({
          eachMessage: async ({ message }) => {
            values.push(String(message.value));
            if (values.length === count) resolve();
          },
        });
      });
      await consumer.disconnect();
      return values;
    },
  };

  async #consume(transport: 'json' | 'binary', count: number): Promise<string[]> {
    const values: string[] = [];
    const consumer = this.client.consumer({ topic: this.#topic, from: 'earliest', transport });
    for await (const record of consumer) {
      values.push(record.text() ?? '');
      if (values.length === count) break;
    }
    return values;
  }

  async #post(path: string, body: unknown, contentType = 'application/json'): Promise<void> {
    const headers = { ...this.#headers(), 'content-type': contentType };
    const answer = await fetch(this.#url(path), { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${text}`);
  }

  /** Sends something over a socket of its own, and waits for the first answer. */
  async #overSocket(path: string, subprotocol: string, send: (socket: WebSocket) => void): Promise<void> {
    const url = this.#url(path).replace('http', 'ws');
    const socket = new WebSocket(url, [subprotocol, `millrace.bearer.${this.#apiKey}`]);
    await once(socket, 'open');
    const answered = once(socket, 'message');
    send(socket);
    await answered;
    socket.close();
  }

  #url(path: string): string {
    return this.#platform.url + path.replace('@', this.#topic).replace('#', this.#clusterId);
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#apiKey}` };
  }
}

const v2 = 'application/vnd.kafka.v2+json';
const v2Json = 'application/vnd.kafka.json.v2+json';
