import { prices as list } from '../../src/tenancy/usage/prices.ts';

/**
 * What Cloudflare bills of a log's life, as counted; prices per unit, in US dollars, beyond what plans include
 * (docs/cost.md has their date).
 */
export const prices = {
  workerRequests: list.requests,
  objectRequests: list.objectRequests,
  rowsRead: list.rowsRead,
  rowsWritten: list.rowsWritten,
  classA: list.classA,
  classB: list.classB,
} as const;

export type BilledUnits = Record<keyof typeof prices, number>;

export const noUnits: Readonly<BilledUnits> = {
  workerRequests: 0,
  objectRequests: 0,
  rowsRead: 0,
  rowsWritten: 0,
  classA: 0,
  classB: 0,
};

const names = Object.keys(prices) as (keyof BilledUnits)[];

const mapUnits = (value: (name: keyof BilledUnits) => number): BilledUnits =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as BilledUnits;

export const sumOf = (one: BilledUnits, other: BilledUnits): BilledUnits => mapUnits((name) => one[name] + other[name]);

export const differenceOf = (after: BilledUnits, before: BilledUnits): BilledUnits =>
  mapUnits((name) => after[name] - before[name]);

export const scaledBy = (units: BilledUnits, factor: number): BilledUnits => mapUnits((name) => units[name] * factor);

export const dollarsOf = (units: BilledUnits): number =>
  names.reduce((sum, name) => sum + units[name] * prices[name], 0);
