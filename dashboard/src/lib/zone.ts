import { useSyncExternalStore } from 'react';

/** In which zone times are shown: one choice for every page, kept in this browser. */
export type Zone = 'local' | 'utc';

const storageKey = 'millrace.zone';
const listeners = new Set<() => void>();

/** Every cell with a time asks for both: storage and Intl are asked once. */
let chosenZone: Zone = localStorage.getItem(storageKey) === 'utc' ? 'utc' : 'local';
const localZoneName = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function currentZone(): Zone {
  return chosenZone;
}

export function chooseZone(zone: Zone): void {
  chosenZone = zone;
  localStorage.setItem(storageKey, zone);
  for (const listener of listeners) listener();
}

export function useZone(): Zone {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentZone);
}

/** The zone's name as times carry it: `UTC`, `Europe/Berlin`. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : localZoneName;
}

/** `2026-11-20 06:41:07.123`, to the millisecond, in the zone. */
export function formatTimestamp(ms: number, zone: Zone): string {
  const date = new Date(ms);
  if (zone === 'utc') return date.toISOString().replace('T', ' ').replace('Z', '');
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
