import type { GapFrame, SubscribedFrame, ThrottleFrame } from '../../contracts/websocket.ts';
import { assert } from '../../errors/assert.ts';
import type { Failure } from '../../errors/result.ts';
import { isNamed } from '../../json/json-member.ts';
import { JsonScanner, type JsonSpan } from '../../json/json-scanner.ts';
import { encodePosition, parsePosition } from '../../relay/position.ts';

/** How long a client waits before it connects again; the platform adds nothing to what EventSource does by itself. */
const retryMs = 1_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const offsetName = encoder.encode('offset');
const beforeId = encoder.encode('id: ');
const beforeData = encoder.encode('\ndata: ');
const afterData = encoder.encode('\n\n');
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/** A `records` frame's own fields, and where its records stand. */
export type RecordsSpan = {
  readonly partition: number;
  readonly to: number;
  readonly records: JsonSpan;
};

/**
 * Turns the frames of one subscription into Server-Sent Events (WHATWG HTML 9.2): a record an event, whose id is the
 * position after it. It knows how far each partition has come, because a frame tells the position after all of its
 * records only.
 */
export class RecordEvents {
  readonly #topicId: string;
  /** Next offset by partition, in ascending order of partition. */
  readonly #next: Map<number, number>;

  constructor(subscribed: SubscribedFrame) {
    const position = parsePosition(subscribed.position);
    assert(position.ok, 'a subscription begins at a position');
    this.#topicId = position.value.topicId;
    const entries = Object.entries(subscribed.partitions);
    this.#next = new Map(entries.map(([partition, { from }]) => [Number(partition), from]));
  }

  /** The first event has an id only: a client that loses the connection before any record resumes here all the same. */
  opening(): Uint8Array {
    return encoder.encode(`retry: ${retryMs}\nid: ${this.#position()}\n\n`);
  }

  /** The events of a `records` frame: `frame` is its text. */
  records(frame: Uint8Array, { partition, to, records }: RecordsSpan): Uint8Array {
    const found: { readonly id: Uint8Array; readonly json: JsonSpan }[] = [];
    let size = 0;
    for (const { json, offset } of recordSpans(frame, records)) {
      this.#next.set(partition, offset + 1);
      const id = encoder.encode(this.#position());
      found.push({ id, json });
      size += beforeId.length + id.length + beforeData.length + (json.end - json.start) + afterData.length;
    }
    const isAtEnd = this.#next.get(partition) === to;
    this.#next.set(partition, to);
    // The frame covers offsets after its last record that hold none: an event without data moves the client past them.
    const ending = isAtEnd ? noBytes : encoder.encode(`id: ${this.#position()}\n\n`);
    const events = new Uint8Array(size + ending.length);
    let at = 0;
    for (const { id, json } of found) {
      at = append(events, at, beforeId, id, beforeData);
      const start = at;
      at = append(events, at, frame.subarray(json.start, json.end));
      joinLines(events.subarray(start, at));
      at = append(events, at, afterData);
    }
    append(events, at, ending);
    return events;
  }

  gap({ partition, from, to, reason }: GapFrame): Uint8Array {
    this.#next.set(partition, to);
    const data = JSON.stringify({ partition, from, to, reason });
    return encoder.encode(`event: gap\nid: ${this.#position()}\ndata: ${data}\n\n`);
  }

  /** Nothing comes for a while; the stream goes on by itself. */
  throttle({ throttle_ms, code, message }: ThrottleFrame): Uint8Array {
    return encoder.encode(`event: throttle\ndata: ${JSON.stringify({ throttle_ms, code, message })}\n\n`);
  }

  /** The last event of a subscription that cannot go on. */
  error({ code, message, detail }: Failure): Uint8Array {
    return encoder.encode(`event: error\ndata: ${JSON.stringify({ code, message, detail })}\n\n`);
  }

  #position(): string {
    return encodePosition(this.#topicId, this.#next);
  }
}

/** A comment, so that neither side takes a quiet stream for a dead one. */
export const heartbeat: Uint8Array = encoder.encode(': \n\n');

const noBytes = new Uint8Array(0);

function* recordSpans(frame: Uint8Array, records: JsonSpan): Iterable<{ json: JsonSpan; offset: number }> {
  const scanner = new JsonScanner(frame, records.start, records.end);
  scanner.enterArray();
  for (let isFirst = true; scanner.nextElement(isFirst); isFirst = false) {
    const start = scanner.position;
    let offset = Number.NaN;
    scanner.enterObject();
    for (let isFirstMember = true; scanner.nextMember(isFirstMember); isFirstMember = false) {
      const isOffset = isNamed(scanner, offsetName);
      const valueStart = scanner.position;
      scanner.skipValue();
      if (isOffset) offset = Number(decoder.decode(frame.subarray(valueStart, scanner.position)));
    }
    assert(Number.isSafeInteger(offset), 'a record in a frame has an offset');
    yield { json: { start, end: scanner.position }, offset };
  }
  assert(scanner.problem === null, 'a frame holds records that are JSON');
}

/** An event's data is one line. A line break in JSON can only be white space, so a space says the same. */
function joinLines(json: Uint8Array): void {
  for (const byte of [lineFeed, carriageReturn]) {
    for (let at = json.indexOf(byte); at !== -1; at = json.indexOf(byte, at)) json[at] = space;
  }
}

function append(target: Uint8Array, start: number, ...parts: readonly Uint8Array[]): number {
  let at = start;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  return at;
}
