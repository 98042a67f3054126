import { dayOf, dayStartMs } from '../../log/usage/usage-counts.ts';

const hourMs = 60 * 60 * 1000;

/** Hours of each day (UTC) that lie between two times; none when the second is not later. */
export function hoursByDay(fromMs: number, toMs: number): { readonly day: number; readonly hours: number }[] {
  const days: { day: number; hours: number }[] = [];
  for (let startMs = fromMs; startMs < toMs; ) {
    const day = dayOf(startMs);
    const endMs = Math.min(dayStartMs(day + 1), toMs);
    days.push({ day, hours: (endMs - startMs) / hourMs });
    startMs = endMs;
  }
  return days;
}
