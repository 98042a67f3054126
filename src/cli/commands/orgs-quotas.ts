import type { OrganizationQuotas, QuotaOverride } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { capOptions, capsGiven, rateOptions, ratesGiven } from '../input/cap-options.ts';
import { renderTable } from '../output/table.ts';

/** Said of a bound that does not hold for the organization. */
const lifted = 'none';

/** What bounds one organization: shows it, or says it in the place of what bounds all. */
export async function quotasOfOrganization({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    ...rateOptions,
    ...capOptions,
    'as-all': { type: 'boolean', default: false },
  });
  const [id] = requirePositionals(positionals, ['the id of the organization']);
  const override = overrideOf(values);
  const isGiven = Object.keys(override).length > 0;
  if (isGiven && values['as-all']) throw new UsageError('--as-all goes without any bound: it lifts what was said.');
  const { organization } = client;
  const isSet = isGiven || values['as-all'];
  const quotas = await (isSet ? organization.overrideQuotas(id!, override) : organization.quotasOf(id!));
  if (json) output.line(JSON.stringify(quotas));
  else output.line(renderTable(['BOUND', 'FOR THIS ONE', 'BY THE OPERATOR', 'BY ITSELF'], rowsOf(quotas)));
}

function overrideOf(values: Readonly<Record<string, unknown>>): QuotaOverride {
  const caps = capsGiven(values, lifted);
  return { ...ratesGiven(values, lifted), ...(Object.keys(caps).length === 0 ? {} : { caps }) };
}

/** A row for each bound that anybody has set, and one for what is stored. */
function rowsOf({ override, operator, quotas, stored_bytes }: OrganizationQuotas): string[][] {
  const { caps, ...rates } = override;
  const { caps: operatorCaps, ...operatorRates } = operator;
  const own = quotas.find(({ entity_type }) => entity_type === 'organization');
  const said: Readonly<Record<string, unknown>> = { ...rates, ...caps };
  const all: Readonly<Record<string, unknown>> = { ...operatorRates, ...operatorCaps };
  const itself: Readonly<Record<string, unknown>> = { ...own, ...own?.caps };
  const names = new Set([...Object.keys(said), ...Object.keys(all), ...Object.keys(own?.caps ?? {})]);
  const rows = [...names].map((name) => [
    name,
    said[name] === undefined ? '-' : (said[name] ?? lifted),
    all[name] ?? '-',
    itself[name] ?? '-',
  ]);
  return [...rows.map((row) => row.map(String)), ['stored bytes', String(stored_bytes), '', '']];
}
