import { ok } from '../errors/result.ts';
import { renderRecords } from '../json/render-records.ts';
import type { Decompress } from '../log/compression-type.ts';
import type { RenderRecords } from './ports.ts';

/** Records of frames as the HTTP read shows them: values byte for byte, line breaks included. */
export function frameRecordRenderer(decompress: Decompress): RenderRecords {
  return (batches, { partition, from, to, as, keys, maxTextBytes }) => {
    const rendered = renderRecords(batches, {
      partition,
      fromOffset: from,
      toOffset: to,
      maxRecords: Number.POSITIVE_INFINITY,
      maxTextBytes,
      as,
      shape: 'record',
      isSingleLine: false,
      ...(keys === null ? {} : { isShown: (key) => keys.matches(key) }),
      decompress,
    });
    if (!rendered.ok) return rendered;
    const { texts, textBytes, nextOffset } = rendered.value;
    // Nothing to show means that the range was compacted, holds markers or is not for this reader: it is covered all
    // the same.
    const shownTo = texts.length === 0 ? to : Math.min(nextOffset, to);
    return ok({ count: texts.length, text: texts.join(','), textBytes, to: shownTo });
  };
}
