import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

/** `millrace orgs issuers`. */
export const issuers = verbRunner('orgs issuers', { list, add, remove });

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const listed = await client.organization.issuers.list();
  if (json) {
    for (const issuer of listed) output.line(JSON.stringify(issuer));
    return;
  }
  const rows = listed.map((one) => [one.issuer, one.audience, one.algorithms.join(' '), one.keys_url]);
  output.line(renderTable(['ISSUER', 'AUDIENCE', 'ALGORITHMS', 'KEYS'], rows));
}

const algorithmOf: ReadonlyMap<string, 'RS256' | 'ES256' | 'EdDSA'> = new Map([
  ['RS256', 'RS256'],
  ['ES256', 'ES256'],
  ['EDDSA', 'EdDSA'],
]);

async function add({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    audience: { type: 'string' },
    keys: { type: 'string' },
    algorithm: { type: 'string', multiple: true },
    'checks-emails': { type: 'boolean', default: false },
    access: { type: 'string' },
  });
  const { audience, access } = values;
  if (audience === undefined) throw new UsageError('say what tokens have to name: --audience.');
  const algorithms = values.algorithm?.map((name) => {
    const algorithm = algorithmOf.get(name.toUpperCase());
    if (algorithm === undefined) throw new UsageError(`--algorithm takes RS256, ES256 or EdDSA, not "${name}".`);
    return algorithm;
  });
  const how =
    access === undefined
      ? openIdIssuer(requirePositionals(positionals, ['the issuer'])[0]!, values.keys)
      : accessIssuer(positionals, access);
  const isChecking = how.checks_emails || values['checks-emails'];
  const issuer = await client.organization.issuers.put({ ...how, audience, algorithms, checks_emails: isChecking });
  if (json) output.line(JSON.stringify(issuer));
  else terminal.say(`${issuer.issuer} vouches for members with tokens for ${issuer.audience}`);
}

function openIdIssuer(issuer: string, keys: string | undefined) {
  if (keys === undefined) throw new UsageError('say where its public keys are: --keys URL.');
  return { issuer, keys_url: keys, checks_emails: false };
}

/** Cloudflare Access signs for its team's domain, and has checked the addresses of whom it lets in. */
function accessIssuer(positionals: readonly string[], team: string) {
  requirePositionals(positionals, []);
  const domain = /^(?:https:\/\/)?([\w-]+)(?:\.cloudflareaccess\.com)?\/?$/.exec(team)?.[1];
  if (domain === undefined) throw new UsageError('--access takes the team, such as acme.cloudflareaccess.com.');
  const issuer = `https://${domain}.cloudflareaccess.com`;
  return { issuer, keys_url: `${issuer}/cdn-cgi/access/certs`, checks_emails: true };
}

async function remove(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const { values, positionals } = parseArguments(argv, { audience: { type: 'string' } });
  const [issuer] = requirePositionals(positionals, ['the issuer']);
  if (values.audience === undefined) throw new UsageError('say which of its audiences: --audience.');
  const removed = { issuer: issuer!, audience: values.audience };
  await client.organization.issuers.remove(removed);
  answer(invocation, { ...removed, removed: true }, `removed ${issuer}`);
}
