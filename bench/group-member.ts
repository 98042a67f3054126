/** How long an idle call waits: longer than anything that is waited for here. */
const waitMs = 10_000;

/** A record by where it is. */
export type ReadRecord = { readonly partition: number; readonly offset: number };

/** One page as a member gets it; the records are counted in the text, which is as far as a program must look. */
export type GroupPage = {
  readonly memberEpoch: number;
  readonly offsets: readonly ReadRecord[];
  readonly positions: unknown;
};

type Assigned = { readonly assignment: Readonly<Record<string, readonly number[]>> };

/** A member of a group over plain HTTP: one call after the other, each committing what the one before brought. */
export class GroupMember {
  readonly #url: string;
  readonly #topic: string;
  readonly #memberId: string;
  #memberEpoch = 0;
  #positions: unknown;

  constructor(origin: string, group: string, topic: string, memberId: string) {
    this.#url = `${origin}/v1/groups/${group}/consume`;
    this.#topic = topic;
    this.#memberId = memberId;
  }

  /** How many partitions it has, by the last answer. */
  partitionCount = 0;

  /** Joins, or looks for news, and forgets the one record that comes along. */
  async heartbeat(): Promise<void> {
    await this.#call({ max_records: 1 });
    this.#positions = undefined;
  }

  call({ waits = false }: { readonly waits?: boolean } = {}): Promise<GroupPage> {
    return this.#call({ wait_ms: waits ? waitMs : 0 });
  }

  async #call(options: object): Promise<GroupPage> {
    const { text } = await this.#send({
      member_id: this.#memberId,
      member_epoch: this.#memberEpoch,
      topics: [this.#topic],
      session_timeout_ms: 6_000,
      commit: this.#positions,
      ...options,
    });
    const start = text.lastIndexOf('"positions":');
    const { positions } = JSON.parse(`{${text.slice(start)}`) as { positions: unknown };
    this.#memberEpoch = Number(/"member_epoch":(\d+)/.exec(text)![1]);
    this.#positions = positions;
    const { assignment } = JSON.parse(`{${/"assignment":\{[^}]*\}/.exec(text)![0]}}`) as Assigned;
    this.partitionCount = assignment[this.#topic]?.length ?? 0;
    const offsets = [...text.matchAll(/"partition":(\d+),"offset":(\d+)/g)].map(([, partition, offset]) => ({
      partition: Number(partition),
      offset: Number(offset),
    }));
    return { memberEpoch: this.#memberEpoch, offsets, positions };
  }

  async #send(body: object): Promise<{ text: string }> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(this.#url, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`a member's call was answered ${answer.status}: ${text}`);
    return { text };
  }
}
