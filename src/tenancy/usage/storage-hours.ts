import { dayOf, stretchesByDay } from '../../log/usage/usage-counts.ts';

const hourMs = 60 * 60 * 1000;

/** Hours of each day (UTC) that lie between two times; none when the second is not later. */
export function hoursByDay(fromMs: number, toMs: number): { readonly day: number; readonly hours: number }[] {
  return stretchesByDay(fromMs, toMs).map(({ startMs, ms }) => ({ day: dayOf(startMs), hours: ms / hourMs }));
}
