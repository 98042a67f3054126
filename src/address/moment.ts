const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads how long ago (-15m), a moment (ISO 8601), or ms since 1970 (@1700000000000); null for anything else. */
export function parseMoment(text: string, nowMs: number): number | null {
  const ago = /^-(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return Math.max(0, nowMs - Number(ago[1]) * unitMs[ago[2]!]!);
  if (/^@\d{1,15}$/.test(text)) return Number(text.slice(1));
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const timestamp = Date.parse(text);
  return Number.isNaN(timestamp) ? null : timestamp;
}
