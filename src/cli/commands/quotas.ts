import type { Quota } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { capOptions, capsGiven, rateOptions, ratesGiven } from '../input/cap-options.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const quotas: Command = {
  help: `Usage: millrace quotas list
       millrace quotas set (--organization | --key KEY | --topic TOPIC)
                           [--requests N] [--produce-bytes N] [--fetch-bytes N]
       millrace quotas set --organization [--topics N] [--partitions N] [--groups N] [--transactional-ids N]
                           [--keys N] [--members N] [--acls N] [--connections N] [--storage-bytes N]
       millrace quotas set --key KEY --connections N

How much the organization, one of its keys or a topic may be used, a second. Set replaces all quotas of what it names:
those that are not given are lifted, and without any nothing is bounded. Requests beyond a quota are answered with
status 429 and Retry-After. Quotas hold within seconds.

Caps bound how many topics, partitions, groups, transactional ids and ACLs there are in each cluster of the organization,
how many API keys and members it has, how many connections (WebSockets, Server-Sent Events, Kafka) the organization or a
key has at once, and how many bytes it keeps: beyond that nothing is written. What is there already stays.

Examples:
  millrace quotas set --organization --requests 1000 --produce-bytes 10000000
  millrace quotas set --key mrk_... --fetch-bytes 1000000
  millrace quotas set --organization --topics 100 --partitions 1000
  millrace quotas set --topic orders
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('quotas', { list, set });

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  print(await client.organization.quotas(), { output, json });
}

async function set({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    organization: { type: 'boolean', default: false },
    key: { type: 'string' },
    topic: { type: 'string' },
    ...rateOptions,
    ...capOptions,
  });
  requirePositionals(positionals, []);
  const { organization, key, topic } = values;
  const named: Pick<Quota, 'entity_type' | 'entity_name'>[] = [
    ...(organization ? [{ entity_type: 'organization', entity_name: '' } as const] : []),
    ...(key === undefined ? [] : [{ entity_type: 'key', entity_name: key } as const]),
    ...(topic === undefined ? [] : [{ entity_type: 'topic', entity_name: topic } as const]),
  ];
  const [entity] = named;
  if (entity === undefined || named.length > 1) {
    throw new UsageError('say what the quotas are of: --organization, --key or --topic.');
  }
  const caps = capsGiven(values) as Quota['caps'];
  const rates = { ...unbounded, ...ratesGiven(values) };
  const isCapped = Object.keys(caps ?? {}).length > 0;
  const altered = await client.organization.alterQuotas([{ ...entity, ...rates, ...(isCapped ? { caps } : {}) }]);
  print(altered, { output, json });
}

const unbounded = { requests_per_second: null, produce_bytes_per_second: null, fetch_bytes_per_second: null };

function print(all: readonly Quota[], { output, json }: Pick<Invocation, 'output' | 'json'>): void {
  if (json) {
    for (const quota of all) output.line(JSON.stringify(quota));
    return;
  }
  const rows = all.map((quota) => [
    quota.entity_type,
    quota.entity_name || '-',
    ...[quota.requests_per_second, quota.produce_bytes_per_second, quota.fetch_bytes_per_second].map((rate) =>
      rate === null ? '-' : String(rate),
    ),
    Object.entries(quota.caps ?? {})
      .map(([kind, cap]) => `${kind} ${cap}`)
      .join(', ') || '-',
  ]);
  output.line(renderTable(['TYPE', 'NAME', 'REQUESTS/S', 'PRODUCE BYTES/S', 'FETCH BYTES/S', 'AT MOST'], rows));
}
