import { parseMoment } from './moment.ts';

/** A place in a log, as people write it. */
export type Position =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The first record at or after this moment. */
  | { readonly kind: 'timestamp'; readonly timestampMs: number };

/** Reads `earliest`, `latest`, an offset (8123456) or a moment (-15m, 2026-11-20T06:00Z, @ms); null for anything else. */
export function parsePosition(text: string, nowMs: number): Position | null {
  const trimmed = text.trim();
  if (trimmed === 'earliest' || trimmed === 'latest') return { kind: trimmed };
  if (/^\d{1,15}$/.test(trimmed)) return { kind: 'offset', offset: Number(trimmed) };
  const timestampMs = parseMoment(trimmed, nowMs);
  return timestampMs === null ? null : { kind: 'timestamp', timestampMs };
}

/** A position as requests name it. */
export type RequestedPlace = 'earliest' | 'latest' | { readonly offset: number } | { readonly timestamp: number };

export function requestedPlace(position: Position): RequestedPlace {
  switch (position.kind) {
    case 'offset':
      return { offset: position.offset };
    case 'timestamp':
      return { timestamp: position.timestampMs };
    case 'earliest':
    case 'latest':
      return position.kind;
  }
}
