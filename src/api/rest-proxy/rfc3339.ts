const pattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** The time of an RFC 3339 date-time in ms since 1970, or null for anything else; finer fractions are cut off. */
export function parseRfc3339(text: string): number | null {
  const [, date, time, fraction = '', zone] = pattern.exec(text) ?? [];
  if (date === undefined || time === undefined || zone === undefined) return null;
  const midnightMs = Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(midnightMs) || new Date(midnightMs).toISOString().slice(0, 10) !== date) return null;
  const ms = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? null : ms;
}
