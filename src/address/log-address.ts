/**
 * Where in a topic: `orders`, `orders/3` (a partition), `orders/3@8123456` (an offset, or any position),
 * `orders@-15m..now` (from one position to before another). Names of topics have no `/` and no `@`, so nothing is
 * ambiguous.
 */
export type LogAddress = {
  readonly topic: string;
  /** Null for all of them. */
  readonly partition: number | null;
  /** A position as it was written; null where none was. */
  readonly from: string | null;
  /** Where to end, not included; `now` is the end that the log has when it is looked at. Null where none was written. */
  readonly to: string | null;
};

const form = /^([^/@\s]+)(?:\/(\d{1,6}))?(?:@(.+?)(?:\.\.(.+))?)?$/;

/** Reads an address; null for what is none. Positions are not looked at: who uses them says what they take. */
export function parseLogAddress(text: string): LogAddress | null {
  const [, topic, partition, from = null, to = null] = form.exec(text) ?? [];
  if (topic === undefined) return null;
  return { topic, partition: partition === undefined ? null : Number(partition), from, to };
}

/** The opposite of {@link parseLogAddress}. */
export function formatLogAddress({ topic, partition, from, to }: LogAddress): string {
  const place = from === null ? '' : `@${from}${to === null ? '' : `..${to}`}`;
  return `${topic}${partition === null ? '' : `/${partition}`}${place}`;
}

/** Below the dashboard's address of a cluster, the view that shows it: a record, or records from a position on. */
export function dashboardPath({ topic, partition, from }: LogAddress): string {
  const path = `/topics/${encodeURIComponent(topic)}`;
  if (partition !== null && from !== null && /^\d+$/.test(from)) return `${path}/${partition}/${from}`;
  const search = new URLSearchParams();
  if (partition !== null) search.set('partition', String(partition));
  if (from !== null) search.set('from', from);
  return search.size === 0 ? path : `${path}?${search}`;
}
