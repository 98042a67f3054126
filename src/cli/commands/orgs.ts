import { parseArguments, requirePositionals } from '../arguments.ts';
import type { Command, Invocation } from '../command.ts';
import { confirmByName } from '../input/confirmation.ts';
import { durationOf } from '../input/duration.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';
import { exportOrganization } from './orgs-export.ts';
import { issuers } from './orgs-issuers.ts';
import { members } from './orgs-members.ts';
import { quotasOfOrganization } from './orgs-quotas.ts';
import { verifyExport } from './orgs-verify.ts';

const isoTime = (ms: number) => new Date(ms).toISOString();

export const orgs: Command = {
  help: `Usage: millrace orgs describe
       millrace orgs alter [--name TEXT] [--origin URL]... [--no-origins]
       millrace orgs export FOLDER [--file-bytes N]
       millrace orgs verify FOLDER
       millrace orgs create-cluster NAME
       millrace orgs delete-cluster CLUSTER [--yes]
       millrace orgs delete [--yes]
       millrace orgs members list
       millrace orgs members invite EMAIL --role ROLE
       millrace orgs members set-role MEMBER ROLE
       millrace orgs members remove MEMBER
       millrace orgs issuers list
       millrace orgs issuers add ISSUER --audience TEXT --keys URL [--algorithm NAME]... [--checks-emails]
       millrace orgs issuers add --access TEAM --audience TEXT
       millrace orgs issuers remove ISSUER --audience TEXT
       millrace orgs sign-up NAME [--invitation CODE]
       millrace orgs create NAME
       millrace orgs invite [--expires-in 7d]
       millrace orgs list
       millrace orgs quotas ORGANIZATION [--as-all] [--requests N] [--produce-bytes N] [--fetch-bytes N]
                            [--topics N] [--partitions N] [--groups N] [--transactional-ids N] [--keys N]
                            [--members N] [--acls N] [--connections N] [--storage-bytes N]
       millrace orgs bootstrap

Describe, alter, create-cluster, members and issuers are about the organization of the API key. --origin replaces the
list of origins whose pages may use its credentials.

Delete and delete-cluster are for owners, and final: all that is in it goes, and with an organization its keys, members
and audit log too. Without --yes they ask for the name. Describe says what is left of a cluster that is being deleted.

Export writes everything of the organization, and of the credential's cluster, into a folder: topics with all records,
offsets of groups, share groups, ACLs, keys without their secrets, members, issuers, quotas, budget and audit log. Run
again it goes on where it was; run with a credential of another cluster it adds that one. Verify checks such a folder
without a platform, and exits with 1 when something in it is damaged, missing or not what was exported.

A member is a person with a role: owner, admin, developer or viewer. Invited by an address, they join with the first
sign-in by an issuer that has checked it: an OpenID provider, or Cloudflare Access (--access, with the team's domain and
the audience tag of the application). What signs in is the issuer's token, given as the API key; MILLRACE_CLUSTER says in
which cluster. --checks-emails is for issuers that check every address and do not say so in their tokens.

Sign-up founds an organization of your own on a platform that takes sign-ups, with an invitation or without; it needs no
key and prints the owner's.

Create, invite, list, quotas and bootstrap are for the operator of a platform, whose key is given as the API key. Invite
prints a code with which one organization may be founded. Each organization has an owner, whose key is printed once and
kept nowhere. Bootstrap founds the first organization of a new platform. Quotas shows what bounds an organization; with
bounds it says what holds for this one in the place of what holds for all, and replaces what was said before: "none" lifts
a bound, what is not named is as for all, and --as-all makes everything so.

Examples:
  millrace orgs describe
  millrace orgs alter --origin https://app.example.com
  millrace orgs export backup && millrace orgs verify backup
  millrace orgs members invite ann@example.com --role developer
  millrace orgs issuers add --access acme.cloudflareaccess.com --audience 4714c1358e65fe4b408ad6d432a5f878
  millrace orgs create Acme --api-key "$MILLRACE_OPERATOR_KEY"
  millrace orgs quotas 4kq1x9 --requests 5000 --storage-bytes 1000000000000 --topics none
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('orgs', {
  describe,
  alter,
  export: exportOrganization,
  verify: verifyExport,
  'create-cluster': createCluster,
  'delete-cluster': deleteCluster,
  delete: deleteOrganization,
  members,
  issuers,
  create,
  list,
  quotas: quotasOfOrganization,
  bootstrap,
  'sign-up': signUp,
  invite,
});

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const organization = await client.organization.describe();
  if (json) {
    output.line(JSON.stringify(organization));
    return;
  }
  output.line(`organization  ${organization.organization_id}`);
  output.line(`name          ${organization.name}`);
  output.line(`created       ${isoTime(organization.created_at)}`);
  output.line(`origins       ${organization.cors_origins.join(' ') || '-'}`);
  output.line('');
  const rows = organization.clusters.map(({ cluster_id, name, state, remains }) => [
    cluster_id,
    name,
    state,
    remains === null
      ? '-'
      : `${remains.topics} topics, ${remains.groups} groups, ${remains.transactional_ids} transactional ids`,
  ]);
  output.line(renderTable(['CLUSTER', 'NAME', 'STATE', 'LEFT'], rows));
}

async function alter({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    name: { type: 'string' },
    origin: { type: 'string', multiple: true },
    'no-origins': { type: 'boolean', default: false },
  });
  requirePositionals(positionals, []);
  const corsOrigins = values['no-origins'] ? [] : values.origin;
  const organization = await client.organization.alter({ name: values.name, corsOrigins });
  if (json) output.line(JSON.stringify(organization));
  else terminal.say(`altered "${organization.name}"`);
}

async function createCluster({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the name of the cluster']);
  const cluster = await client.organization.createCluster(name!);
  if (json) output.line(JSON.stringify(cluster));
  else terminal.say(`created cluster ${cluster.cluster_id} "${cluster.name}"; make keys for it with --cluster`);
}

async function deleteCluster(invocation: Invocation): Promise<void> {
  const { argv, client, terminal } = invocation;
  const { values, positionals } = parseArguments(argv, { yes: { type: 'boolean', short: 'y', default: false } });
  const [clusterId] = requirePositionals(positionals, ['the cluster']);
  if (!values.yes) {
    const { clusters } = await client.organization.describe();
    const { name = clusterId! } = clusters.find((cluster) => cluster.cluster_id === clusterId) ?? {};
    const warning = `All topics, groups and keys of cluster "${name}" will be gone for good. `;
    await confirmByName('deleting', name, warning, terminal.isInteractive);
  }
  await client.organization.deleteCluster(clusterId!);
  const sentence = `cluster ${clusterId} is being deleted; "millrace orgs describe" says what is left`;
  answer(invocation, { cluster_id: clusterId, state: 'DELETING' }, sentence);
}

async function deleteOrganization(invocation: Invocation): Promise<void> {
  const { argv, client, terminal } = invocation;
  const { values, positionals } = parseArguments(argv, { yes: { type: 'boolean', short: 'y', default: false } });
  requirePositionals(positionals, []);
  const { organization_id: id, name } = await client.organization.describe();
  if (!values.yes) {
    const warning = `Everything that "${name}" has will be gone for good, its keys and its audit log too. `;
    await confirmByName('deleting', name, warning, terminal.isInteractive);
  }
  await client.organization.delete(id);
  const sentence = `organization ${id} is being deleted; no key of it opens anything any more`;
  answer(invocation, { organization_id: id, state: 'DELETING' }, sentence);
}

async function create({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const [name] = requirePositionals(parseArguments(argv, {}).positionals, ['the name of the organization']);
  const founded = await client.organization.create(name!);
  if (json) {
    output.line(JSON.stringify(founded));
    return;
  }
  terminal.say(`created organization ${founded.organization.organization_id}; its owner's key, shown this once:`);
  output.line(founded.owner_key.api_key);
}

async function signUp({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { invitation: { type: 'string' } });
  const [name] = requirePositionals(positionals, ['the name of the organization']);
  const founded = await client.organization.signUp({ name: name!, invitation: values.invitation });
  if (json) {
    output.line(JSON.stringify(founded));
    return;
  }
  terminal.say(`founded organization ${founded.organization.organization_id}; its owner's key, shown this once:`);
  output.line(founded.owner_key.api_key);
}

async function invite({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { 'expires-in': { type: 'string' } });
  requirePositionals(positionals, []);
  const expiresInMs = durationOf(values['expires-in'], '--expires-in');
  const issued = await client.organization.createInvitation({ expiresInMs });
  if (json) {
    output.line(JSON.stringify(issued));
    return;
  }
  terminal.say(`good once, until ${isoTime(issued.expires_at)}:`);
  output.line(issued.invitation);
}

async function bootstrap({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const founded = await client.organization.bootstrap();
  if (json) {
    output.line(JSON.stringify(founded));
    return;
  }
  terminal.say("founded the first organization; its owner's key, shown this once:");
  output.line(founded.owner_key.api_key);
}

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const rows: string[][] = [];
  for await (const one of client.organization.list()) {
    if (json) output.line(JSON.stringify(one));
    else rows.push([one.organization_id, one.name, one.state, isoTime(one.created_at), one.cluster_ids.join(' ')]);
  }
  if (!json) output.line(renderTable(['ORGANIZATION', 'NAME', 'STATE', 'CREATED', 'CLUSTERS'], rows));
}
