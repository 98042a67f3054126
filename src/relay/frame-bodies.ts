import type { RecordKeyMatcher } from '../authorization/record-key-rules.ts';
import type { ValueRendering } from '../contracts/record-json.ts';
import { assert } from '../errors/assert.ts';
import { ok, type Result } from '../errors/result.ts';
import type { RenderRecords } from './ports.ts';
import { maxFrameTextBytes } from './relay-limits.ts';
import type { Subscription } from './subscription.ts';

/** The part of a `records` frame that every subscriber at the same offset shares. */
export class FrameBody {
  readonly from: number;
  readonly to: number;
  readonly as: ValueRendering;
  /** What the keys of its records match; null for all records. */
  readonly keysId: string | null;
  /** How many records it has. */
  readonly count: number;
  readonly #text: string;
  readonly #textBytes: number;
  #last: { readonly head: string; readonly position: string; readonly frame: Frame } | null = null;

  constructor(
    range: { from: number; to: number; as: ValueRendering; keysId: string | null; count: number },
    text: string,
    textBytes: number,
  ) {
    this.from = range.from;
    this.to = range.to;
    this.as = range.as;
    this.keysId = range.keysId;
    this.count = range.count;
    this.#text = text;
    this.#textBytes = textBytes;
  }

  /**
   * The whole frame of one subscription, now at `position`. Everything around the body is ASCII but the head, whose
   * size is known. Subscribers that chose the same id and stand at the same position, as most live ones do, share one
   * string, which is then laid out in memory once.
   */
  frameFor({ frameHead, frameHeadBytes }: Subscription, position: string): Frame {
    const last = this.#last;
    if (last !== null && last.position === position && last.head === frameHead) return last.frame;
    const frame = {
      text: `${frameHead}${this.#text}${position}${afterPosition}`,
      bytes: frameHeadBytes + this.#textBytes + position.length + afterPosition.length,
    };
    this.#last = { head: frameHead, position, frame };
    return frame;
  }
}

export type Frame = { readonly text: string; readonly bytes: number };

/** Batches of one partition on their way to its subscribers. */
export type FrameSource = {
  readonly partition: number;
  readonly batches: Uint8Array;
  /** The offset after the last batch. */
  readonly to: number;
  readonly highWatermark: number;
};

/**
 * Renders batches once for each distinct offset and rendering that is asked for, however many subscribers there are:
 * what differs between their frames is put around it.
 */
export class FrameBodies {
  readonly #source: FrameSource;
  readonly #render: RenderRecords;
  /** Few: subscribers that are live are all at the same offset. */
  readonly #bodies: FrameBody[] = [];

  constructor(source: FrameSource, render: RenderRecords) {
    this.#source = source;
    this.#render = render;
  }

  /** The body that begins at `from`, which lies below the end of the batches, with the records of these keys. */
  at(from: number, as: ValueRendering, keys: RecordKeyMatcher | null): Result<FrameBody> {
    const keysId = keys?.id ?? null;
    const known = this.#bodies.find((body) => body.from === from && body.as === as && body.keysId === keysId);
    if (known !== undefined) return ok(known);
    const { partition, batches, to, highWatermark } = this.#source;
    const rendered = this.#render(batches, { partition, from, to, as, keys, maxTextBytes: maxFrameTextBytes });
    if (!rendered.ok) return rendered;
    const { value } = rendered;
    assert(value.to > from && value.to <= to, 'a frame covers offsets of its batches');
    const before = `"partition":${partition},"from":${from},"to":${value.to},"high_watermark":${highWatermark},"records":[`;
    const body = new FrameBody(
      { from, to: value.to, as, keysId, count: value.count },
      `${before}${value.text}${beforePosition}`,
      before.length + value.textBytes + beforePosition.length,
    );
    this.#bodies.push(body);
    return ok(body);
  }
}

const beforePosition = '],"position":"';
const afterPosition = '"}';
