import { formatTimestamp, useZone, zoneName } from '../lib/zone.ts';

/** A moment in the chosen zone; its title has the zone and the milliseconds that programs use. */
export function Timestamp({ ms }: { readonly ms: number }) {
  const zone = useZone();
  const iso = new Date(ms).toISOString();
  return (
    <time dateTime={iso} title={`${zoneName(zone)} · ${iso} · ${ms}`} className="tabular whitespace-nowrap">
      {formatTimestamp(ms, zone)}
    </time>
  );
}
