import { parsePosition } from '../../address/position.ts';
import type { ConsumeFrom } from '../../client/index.ts';
import { UsageError } from '../command.ts';

/**
 * Reads `--from`: earliest, latest, how long ago (-15m), a moment (ISO 8601, or @ms since 1970), an offset, or a
 * position that a consumer printed. An offset is meant in each of `partitions`.
 */
export function parseStartPoint(text: string, partitions: readonly number[], nowMs: number): ConsumeFrom {
  const position = parsePosition(text, nowMs);
  switch (position?.kind) {
    case 'earliest':
    case 'latest':
      return position.kind;
    case 'timestamp':
      return { timestamp: position.timestampMs };
    case 'offset':
      return Object.fromEntries(partitions.map((partition) => [partition, position.offset]));
    case undefined:
      if (/^[A-Za-z0-9_-]{20,}$/.test(text)) return text;
      throw new UsageError(
        `--from takes earliest, latest, -15m, 2026-11-20T06:00:00Z, @milliseconds, an offset or a position, not "${text}".`,
      );
  }
}
