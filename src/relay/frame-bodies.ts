import type { ValueRendering } from '../contracts/record-json.ts';
import { assert } from '../errors/assert.ts';
import { ok, type Result } from '../errors/result.ts';
import type { RenderRecords } from './ports.ts';
import { maxFrameTextBytes } from './relay-limits.ts';
import type { Subscription } from './subscription.ts';

/** The part of a `records` frame that every subscriber at the same offset shares. */
export type FrameBody = {
  readonly as: ValueRendering;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly textBytes: number;
};

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
 * what differs between their frames is put around it by {@link frameText}.
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

  /** The body that begins at `from`, which lies below the end of the batches. */
  at(from: number, as: ValueRendering): Result<FrameBody> {
    const known = this.#bodies.find((body) => body.from === from && body.as === as);
    if (known !== undefined) return ok(known);
    const { partition, batches, to, highWatermark } = this.#source;
    const rendered = this.#render(batches, { partition, from, to, as, maxTextBytes: maxFrameTextBytes });
    if (!rendered.ok) return rendered;
    const { value } = rendered;
    assert(value.to > from && value.to <= to, 'a frame covers offsets of its batches');
    const before = `"partition":${partition},"from":${from},"to":${value.to},"high_watermark":${highWatermark},"records":[`;
    const body: FrameBody = {
      as,
      from,
      to: value.to,
      text: `${before}${value.text}${beforePosition}`,
      textBytes: before.length + value.textBytes + beforePosition.length,
    };
    this.#bodies.push(body);
    return ok(body);
  }
}

const beforePosition = '],"position":"';
const afterPosition = '"}';

/** The whole frame: everything around the body is ASCII but the id, whose size is known. */
export function frameText(
  subscription: Subscription,
  body: FrameBody,
  position: string,
): { text: string; bytes: number } {
  return {
    text: `${subscription.frameHead}${body.text}${position}${afterPosition}`,
    bytes: subscription.frameHeadBytes + body.textBytes + position.length + afterPosition.length,
  };
}
