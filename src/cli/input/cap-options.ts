import type { Quota } from '../../client/index.ts';
import { UsageError } from '../command.ts';

/** Options that bound how many there may be, as the API calls them with `_` for `-`. */
export const capOptions = {
  topics: { type: 'string' },
  partitions: { type: 'string' },
  groups: { type: 'string' },
  'transactional-ids': { type: 'string' },
  keys: { type: 'string' },
  members: { type: 'string' },
  acls: { type: 'string' },
  connections: { type: 'string' },
  'storage-bytes': { type: 'string' },
} as const;

/** Options of what there may be a second, with the API's names. */
export const rateOptions = {
  requests: { type: 'string' },
  'produce-bytes': { type: 'string' },
  'fetch-bytes': { type: 'string' },
} as const;

type Values = Readonly<Record<string, unknown>>;
type CapName = keyof NonNullable<Quota['caps']>;
type RateName = 'requests_per_second' | 'produce_bytes_per_second' | 'fetch_bytes_per_second';

/** Reads the caps that were given; `lifted` says that a bound is lifted, where that can be said. */
export function capsGiven(values: Values, lifted: string | null = null): { [Name in CapName]?: number | null } {
  const given = Object.keys(capOptions).flatMap((option): [string, number | null][] => {
    const text = values[option];
    if (typeof text !== 'string') return [];
    if (text === lifted) return [[apiName(option), null]];
    if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${option} is how many there may be, a whole number.`);
    return [[apiName(option), Number(text)]];
  });
  return Object.fromEntries(given);
}

/** Reads the rates that were given, as {@link capsGiven} does. */
export function ratesGiven(values: Values, lifted: string | null = null): { [Name in RateName]?: number | null } {
  const given = Object.keys(rateOptions).flatMap((option): [string, number | null][] => {
    const text = values[option];
    if (typeof text !== 'string') return [];
    const rate = Number(text);
    if (text !== lifted && (text.trim() === '' || !(rate >= 1))) {
      throw new UsageError(`--${option} is a number a second, at least 1.`);
    }
    return [[`${apiName(option)}_per_second`, text === lifted ? null : rate]];
  });
  return Object.fromEntries(given);
}

const apiName = (option: string): string => option.replaceAll('-', '_');
