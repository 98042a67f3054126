/** Where reading begins, as people write it: see {@link parsePosition}. */
export type Position =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'timestamp'; readonly timestampMs: number };

const agoUnits: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `earliest`, `latest`, an offset (`8123456`), a time ago (`-15m`, `-2h`, `-3d`), an ISO time (of the local zone
 * when it names none) or milliseconds since 1970 (`@1763620867123`). Null for anything else.
 */
export function parsePosition(text: string, nowMs: number): Position | null {
  const trimmed = text.trim();
  if (trimmed === 'earliest' || trimmed === 'latest') return { kind: trimmed };
  if (/^\d+$/.test(trimmed)) return { kind: 'offset', offset: Number(trimmed) };
  const ago = /^-(\d+)\s*([smhd])$/.exec(trimmed);
  if (ago !== null) return { kind: 'timestamp', timestampMs: nowMs - Number(ago[1]) * agoUnits[ago[2]!]! };
  const epoch = /^@(\d+)$/.exec(trimmed);
  if (epoch !== null) return { kind: 'timestamp', timestampMs: Number(epoch[1]) };
  if (!/^\d{4}-\d{2}/.test(trimmed)) return null;
  const timestampMs = Date.parse(trimmed.replace(' ', 'T'));
  return Number.isNaN(timestampMs) ? null : { kind: 'timestamp', timestampMs };
}
