const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** A header as Kafka has it: names may repeat, values are bytes or null. */
export type RecordHeader = { readonly name: string; readonly value: Uint8Array | null };

/**
 * A record as it is stored. Key and value are the stored bytes, so nothing is lost on the way: a 64-bit integer in a
 * JSON value comes back as it was written, in {@link ConsumedRecord.text}.
 */
export class ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly #source: RecordSource;

  constructor(topic: string, partition: number, offset: number, timestamp: number, source: RecordSource) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.timestamp = timestamp;
    this.#source = source;
  }

  /** The key's bytes, or null when the record has none. */
  get key(): Uint8Array | null {
    return this.#source.key;
  }

  /** The value's bytes, or null for a tombstone. May be a view of a larger buffer: copy what you keep for long. */
  get value(): Uint8Array | null {
    return this.#source.value;
  }

  get headers(): readonly RecordHeader[] {
    return this.#source.headers;
  }

  /** The value as UTF-8 text: for JSON its exact source. */
  text(): string | null {
    return textOf(this.value);
  }

  keyText(): string | null {
    return textOf(this.key);
  }

  /**
   * The value through JSON.parse; null for a tombstone. Numbers beyond 2^53 lose digits in JSON.parse: pass a
   * `reviver`, whose third argument has the source text, to read them as BigInt.
   */
  json<T = unknown>(reviver?: JsonReviver): T {
    const text = this.text();
    return (text === null ? null : JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1])) as T;
  }
}

/** JSON.parse's reviver; `context.source` is the text of a primitive value. */
export type JsonReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Where a record's bytes come from: decoded on demand, since many readers never look at all of them. */
export interface RecordSource {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : utf8.decode(bytes);
}
