/**
 * A record as JSON doors show it. `value` (and `key`) is the stored JSON itself when `value_type` is `json`, a string
 * when it is `text` or `base64`, and null for a null value (`value_type` is then `null`).
 */
export type RecordJson = {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: unknown;
  readonly key_type: ValueType;
  readonly value: unknown;
  readonly value_type: ValueType;
  readonly headers: readonly {
    readonly name: string;
    readonly value?: string | null;
    readonly value_base64?: string;
  }[];
};

export type ValueType = 'json' | 'text' | 'base64' | 'null';

/** `?as=`: how keys, values and headers are shown. `auto` picks per value: valid JSON, else UTF-8 text, else base64. */
export type ValueRendering = 'auto' | 'json' | 'text' | 'base64';
