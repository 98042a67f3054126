import { expect } from 'vitest';

export type HttpProducer = { readonly producer_id: number; readonly producer_epoch: number };

type Sent = { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };

type Api = { request(path: string, sent: Sent): Promise<Response> | Response };

/** Transactions of one transactional id as a program makes them over HTTP; every call has to be taken. */
export class HttpTransactions {
  readonly #api: Api;
  readonly #transactionalId: string;

  constructor(api: Api, transactionalId: string) {
    this.#api = api;
    this.#transactionalId = transactionalId;
  }

  /** Who writes in the transactions from now on. */
  begin(): Promise<HttpProducer> {
    return this.#post('', { transactional_id: this.#transactionalId });
  }

  async write(producer: HttpProducer, topic: string, partition: number, value: unknown): Promise<void> {
    const { producer_id: id, producer_epoch: epoch } = producer;
    const query = `topic=${topic}&producer_id=${id}&producer_epoch=${epoch}`;
    await this.#post(`/${this.#transactionalId}/records?${query}`, { records: [{ partition, value }] });
  }

  /** Ends the transaction; answers who writes in the next one. */
  end(how: 'commit' | 'abort', producer: HttpProducer): Promise<HttpProducer> {
    return this.#post(`/${this.#transactionalId}/${how}`, producer);
  }

  async #post(path: string, body: object): Promise<HttpProducer> {
    const headers = { 'content-type': 'application/json' };
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await this.#api.request(`/v1/transactions${path}`, sent);
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    const { producer_id, producer_epoch } = JSON.parse(text) as HttpProducer;
    return { producer_id, producer_epoch };
  }
}
