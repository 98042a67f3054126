import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../../node_modules/vega-datasets/data/zipcodes.csv');

/** A place, by its zip code. */
export type Place = { readonly zip: string; readonly city: string; readonly state: string };

/** The zip codes of the United States (vega-datasets, from the GeoNames database): some 42,000 real keys. */
export function readPlaces(count: number): Place[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const places = lines.slice(0, count).map((line) => {
    const [zip = '', , , city = '', state = ''] = line.split(',');
    return { zip, city, state };
  });
  if (places.length < count) throw new Error(`there are ${places.length} zip codes, not ${count}`);
  return places;
}
