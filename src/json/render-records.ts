import type { ValueRendering } from '../contracts/record-json.ts';
import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { Decompress } from '../log/compression-type.ts';
import { type RecordSpan, recordsSection, walkRecords } from '../log/record.ts';
import { frameBatch, readBatchHeader } from '../log/record-batch.ts';
import { readHeaders } from '../log/record-body.ts';
import { VarintReader } from '../log/varint.ts';
import { encodeBase64 } from './base64.ts';
import { byteStringOfText, textOfByteString } from './byte-string.ts';
import { RenderedRecords } from './rendered-records.ts';
import { decodeUtf8 } from './utf8-text.ts';
import { ValueRenderer } from './value-renderer.ts';

export type RenderOptions = {
  /** Named in each record object; for answers that hold several topics. */
  readonly topic?: string;
  readonly partition: number;
  /** Records below it are left out; the first batch may begin below. */
  readonly fromOffset: number;
  /** Records at or above it are left out. */
  readonly toOffset?: number;
  readonly maxRecords: number;
  /** Records that it refuses are passed over as if they were not there; absent: all are shown. */
  readonly isShown?: (key: Uint8Array | null, offset: number) => boolean;
  /** Rendering stops before the record that would go beyond it, separators counted; the first record always comes. */
  readonly maxTextBytes?: number;
  readonly as: ValueRendering;
  /** `record`: the object of contracts/record-json.ts. `value`: the bare value. */
  readonly shape: 'record' | 'value';
  /** For NDJSON and SSE: line breaks in a JSON value, which can only be white space, become spaces. */
  readonly isSingleLine: boolean;
  readonly decompress: Decompress;
};

/**
 * Renders whole record batches, back to back and in offset order, as JSON. Failures: INVALID_REQUEST, with `partition`
 * and `offset`, when a value or key is not what `as` demands; CORRUPT_MESSAGE and the like when a batch cannot be read.
 */
export function renderRecords(batches: Uint8Array, options: RenderOptions): Result<RenderedRecords> {
  const rendering = new RecordsRendering(options, false);
  const rendered = rendering.renderBatches(batches);
  if (!rendered.ok || rendering.isUtf8()) return rendered;
  // Something that looks like JSON is not UTF-8. That is rare, so what it is may cost a second, more careful pass.
  return new RecordsRendering(options, true).renderBatches(batches);
}

/** The texts so far, as byte strings, and where they end. */
class RecordsRendering {
  readonly #texts: string[] = [];
  readonly #offsets: number[] = [];
  #textBytes = 0;
  #nextOffset: number;
  #hasHighBytes = false;
  readonly #unchecked: string[] = [];
  readonly #checksEach: boolean;
  /** Set when a bound was reached: no more is rendered. */
  #isComplete = false;
  readonly #options: RenderOptions;
  readonly #toOffset: number;
  readonly #maxTextBytes: number;
  readonly #head: string;
  #refusal: Failed | null = null;

  /** `checksEach` is as for {@link ValueRenderer}. */
  constructor(options: RenderOptions, checksEach: boolean) {
    this.#options = options;
    this.#checksEach = checksEach;
    this.#toOffset = options.toOffset ?? Number.POSITIVE_INFINITY;
    this.#maxTextBytes = options.maxTextBytes ?? Number.POSITIVE_INFINITY;
    const topic = options.topic === undefined ? '' : `"topic":${JSON.stringify(options.topic)},`;
    this.#head = `{${topic}"partition":${options.partition},"offset":`;
    this.#nextOffset = options.fromOffset;
  }

  renderBatches(batches: Uint8Array): Result<RenderedRecords> {
    for (let at = 0, index = 0; at < batches.length && !this.#isComplete; index++) {
      const framed = frameBatch(batches, at, index);
      if (!framed.ok) return framed;
      const rendered = this.#renderBatch(batches, at);
      if (!rendered.ok) return rendered;
      at += framed.value;
    }
    return ok(
      new RenderedRecords(this.#texts, {
        offsets: this.#offsets,
        textBytes: this.#textBytes,
        nextOffset: this.#nextOffset,
        hasHighBytes: this.#hasHighBytes,
      }),
    );
  }

  /**
   * Whether all that was not checked record by record is UTF-8. JSON begins and ends with ASCII, so that no character
   * that was cut off is completed by a neighbour.
   */
  isUtf8(): boolean {
    return this.#unchecked.length === 0 || textOfByteString(this.#unchecked.join('')) !== null;
  }

  #renderBatch(batches: Uint8Array, at: number): Result<null> {
    const header = readBatchHeader(batches, at);
    const endOffset = header.baseOffset + header.lastOffsetDelta + 1;
    if (endOffset <= this.#nextOffset) return ok(null);
    if (!header.isControl && header.baseOffset < this.#toOffset) {
      const section = recordsSection(batches, at, header, this.#options.decompress);
      if (!section.ok) return section;
      const renderer = new ValueRenderer(section.value, this.#checksEach);
      const walked = walkRecords(section.value, header, (span) => this.#add(span, renderer, section.value));
      if (!walked.ok) return walked;
      this.#hasHighBytes ||= renderer.hasHighBytes;
      for (const json of renderer.unchecked) this.#unchecked.push(json);
      if (this.#refusal !== null) return this.#refusal;
    }
    if (!this.#isComplete) this.#nextOffset = Math.max(this.#nextOffset, Math.min(endOffset, this.#toOffset));
    return ok(null);
  }

  /** Renders one record, if it is in the range and within the bounds, and says whether to go on. */
  #add(span: Readonly<RecordSpan>, renderer: ValueRenderer, section: Uint8Array): boolean {
    if (span.offset < this.#nextOffset) return true;
    if (span.offset >= this.#toOffset || this.#texts.length === this.#options.maxRecords)
      return this.#stopAt(span.offset);
    const { isShown } = this.#options;
    if (isShown !== undefined) {
      const key = span.keyStart < 0 ? null : section.subarray(span.keyStart, span.keyEnd);
      if (!isShown(key, span.offset)) return true;
    }
    const text =
      this.#options.shape === 'value' ? this.#renderValue(span, renderer) : this.#renderRecord(span, renderer, section);
    if (text === null) return false;
    const separatorBytes = this.#texts.length === 0 ? 0 : 1;
    const textBytes = this.#textBytes + separatorBytes + text.length;
    if (separatorBytes > 0 && textBytes > this.#maxTextBytes) return this.#stopAt(span.offset);
    this.#textBytes = textBytes;
    this.#texts.push(text);
    this.#offsets.push(span.offset);
    return true;
  }

  #stopAt(offset: number): false {
    this.#isComplete = true;
    this.#nextOffset = Math.min(offset, this.#toOffset);
    return false;
  }

  #renderRecord(span: Readonly<RecordSpan>, renderer: ValueRenderer, section: Uint8Array): string | null {
    const { as } = this.#options;
    const key = renderer.renderKey(span.keyStart, span.keyEnd, as);
    if (key === null) return this.#refuse('key', span.offset);
    const keyType = renderer.type;
    const value = this.#renderValue(span, renderer);
    if (value === null) return null;
    const valueType = renderer.type;
    const headers = span.headerCount === 0 ? '' : renderHeaders(section, span, renderer, as);
    return (
      `${this.#head}${span.offset},"timestamp":${span.timestampMs},"key":${key},"key_type":"${keyType}",` +
      `"value":${value},"value_type":"${valueType}","headers":[${headers}]}`
    );
  }

  #renderValue(span: Readonly<RecordSpan>, renderer: ValueRenderer): string | null {
    const value = renderer.renderValue(span.valueStart, span.valueEnd, this.#options.as);
    if (value === null) return this.#refuse('value', span.offset);
    return this.#options.isSingleLine && lineBreak.test(value) ? value.replaceAll(lineBreaks, ' ') : value;
  }

  #refuse(part: 'key' | 'value', offset: number): null {
    const { as, partition } = this.#options;
    const lacks = as === 'json' ? 'JSON' : 'UTF-8 text';
    this.#refusal = failed(
      'INVALID_REQUEST',
      `the ${part} at offset ${offset} of partition ${partition} is not ${lacks}: read it with as=auto or as=base64.`,
      { partition, offset },
    );
    return null;
  }
}

/** Inside JSON that was scanned, line breaks are white space: a string cannot hold one unescaped. */
const lineBreak = /[\r\n]/;
const lineBreaks = /[\r\n]/g;

/** Values that are UTF-8 as `value`, others as `value_base64`; names are UTF-8 by Kafka's rules. */
function renderHeaders(
  section: Uint8Array,
  span: Readonly<RecordSpan>,
  renderer: ValueRenderer,
  as: ValueRendering,
): string {
  const headers = readHeaders(new VarintReader(section, span.headersStart, section.length), span).map(
    ({ name, value }) => {
      const text = value === null || as === 'base64' ? null : decodeUtf8(value);
      return value === null || text !== null ? { name, value: text } : { name, value_base64: encodeBase64(value) };
    },
  );
  const text = byteStringOfText(JSON.stringify(headers).slice(1, -1));
  renderer.hasHighBytes ||= highCharacter.test(text);
  return text;
}

const highCharacter = /[\u0080-\u00ff]/;
