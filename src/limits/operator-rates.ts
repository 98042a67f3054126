import { failed, ok, type Result } from '../errors/result.ts';
import { type CapOverrides, type Caps, parsedObject, shownName } from './caps.ts';

/** What an operator bounds a second; all that quotas are of. */
const rateKinds = ['requests', 'produceBytes', 'fetchBytes'] as const;

/** What every organization of a deployment is held to a second, unless it has set itself less. */
export type OperatorRates = { readonly [Kind in (typeof rateKinds)[number]]?: number };

/** What the operator bounds an organization to. */
export type OperatorQuotas = { readonly rates: OperatorRates; readonly caps: Caps };

/** What the operator says of one organization in the place of what holds for all; null lifts a bound. */
export type QuotaOverrides = {
  readonly rates: { readonly [Kind in keyof OperatorRates]?: number | null };
  readonly caps: CapOverrides;
};

/** What holds for all holds for the organization too. */
export const noOverrides: QuotaOverrides = { rates: {}, caps: {} };

/** Reads rates as an operator writes them, such as `{"requests":1000}`; UNKNOWN_SERVER_ERROR says what is wrong with them. */
export function parseOperatorRates(text: string | undefined): Result<OperatorRates> {
  if (text === undefined || text === '') return ok({});
  const rates = parsedObject(text);
  if (rates === null) return badRates('is no JSON object');
  for (const [kind, rate] of Object.entries(rates)) {
    if (!rateKinds.some((known) => known === kind)) return badRates(`has ${shownName(kind)}, which is no quota`);
    const isRate = typeof rate === 'number' && Number.isFinite(rate) && rate >= 1;
    if (!isRate) return badRates(`has something else than a number from 1 on for ${shownName(kind)}`);
  }
  return ok(rates as OperatorRates);
}

/** What holds in objects: rates that cannot be read bound nothing there, because doors let nobody in then. */
export function operatorRatesOf(text: string | undefined): OperatorRates {
  const rates = parseOperatorRates(text);
  return rates.ok ? rates.value : {};
}

const badRates = (what: string): Result<OperatorRates> =>
  failed(
    'UNKNOWN_SERVER_ERROR',
    `The platform is not set up rightly: the variable MILLRACE_QUOTAS ${what}. It is JSON such as {"requests":1000}, with ${rateKinds.join(', ')}, each a number a second.`,
  );
