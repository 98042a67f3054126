import type { Acl, AclFilter } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const acls: Command = {
  help: `Usage: millrace acls create --principal P --operation OP RESOURCE [--deny] [--host ADDRESS]
       millrace acls list [--principal P] [--operation OP] [--host ADDRESS] [--deny|--allow] [RESOURCE]
       millrace acls delete [--principal P] [--operation OP] [--host ADDRESS] [--deny|--allow] [RESOURCE]
       millrace acls explain --operation OP RESOURCE [--principal P] [--host ADDRESS]

Kafka's ACLs: what no rule allows is refused, and a rule that denies wins. A principal is User:<key id>, or User:* for
everyone. RESOURCE is one of --topic NAME, --group NAME, --transactional-id NAME, --user NAME, --cluster; a NAME that ends
in * stands for all that begin with it, and * alone for any. Explain says whether an access is allowed and which rule
decides; without --principal it is about the API key itself.

Operations: read, write, create, delete, alter, describe, describe_configs, alter_configs, idempotent_write,
cluster_action, all.

Examples:
  millrace acls create --principal 'User:*' --operation read --topic 'public-*'
  millrace acls create --principal User:mrk_... --operation write --topic orders --deny
  millrace acls explain --operation write --topic orders --principal User:mrk_...
  millrace acls delete --principal User:mrk_...
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('acls', { create, list, delete: remove, explain });

const resourceOptions = {
  topic: { type: 'string' },
  group: { type: 'string' },
  'transactional-id': { type: 'string' },
  user: { type: 'string' },
  cluster: { type: 'boolean' },
} as const;

const accessOptions = {
  ...resourceOptions,
  principal: { type: 'string' },
  operation: { type: 'string' },
  host: { type: 'string' },
} as const;

const filterOptions = { ...accessOptions, deny: { type: 'boolean' }, allow: { type: 'boolean' } } as const;

async function create({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { ...accessOptions, deny: { type: 'boolean' } });
  requirePositionals(positionals, []);
  const resource = resourceOf(values);
  if (resource === null) throw new UsageError('say which resource: --topic, --group, ... or --cluster.');
  if (values.principal === undefined) throw new UsageError("--principal says for whom: User:<key id>, or 'User:*'.");
  if (values.operation === undefined) throw new UsageError('--operation says what: read, write, ...');
  const acl = {
    principal: values.principal,
    operation: operationOf(values.operation),
    permission: values.deny ? ('DENY' as const) : ('ALLOW' as const),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...resource,
  };
  await client.organization.createAcls([acl]);
  if (json) output.line(JSON.stringify(acl));
  else terminal.say(`created: ${acl.permission} ${acl.principal} ${acl.operation} ${nameOf(acl)}`);
}

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  const filter = filterOf(argv);
  print(await client.organization.acls(filter), { output, json });
}

async function remove({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const filter = filterOf(argv);
  const deleted = await client.organization.deleteAcls(filter);
  if (deleted.length > 0) print(deleted, { output, json });
  terminal.say(`deleted ${deleted.length} ACLs`);
}

async function explain({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, accessOptions);
  requirePositionals(positionals, []);
  const resource = resourceOf(values);
  if (resource === null) throw new UsageError('say which resource: --topic, --group, ... or --cluster.');
  if (values.operation === undefined) throw new UsageError('--operation says what: read, write, ...');
  const explained = await client.organization.explain({
    principal: values.principal,
    operation: operationOf(values.operation),
    resourceType: resource.resource_type,
    resourceName: resource.resource_name,
    host: values.host,
  });
  if (json) {
    output.line(JSON.stringify(explained));
    return;
  }
  const { allowed, principal, reason, rule } = explained;
  output.line(`${allowed ? 'allowed' : 'refused'}: ${principal} ${reasons[reason]}`);
  if (rule !== null) print([rule], { output, json });
}

const reasons = {
  super: 'is an owner, or the operator: nothing is refused to it',
  allowed: 'is allowed by this rule',
  denied: 'is denied by this rule',
  no_rule: 'is allowed by no scope, role or ACL',
  narrowed: 'has a token that was not made for it',
} as const;

function filterOf(argv: readonly string[]): AclFilter {
  const { values, positionals } = parseArguments(argv, filterOptions);
  requirePositionals(positionals, []);
  const { principal, host, operation, deny, allow } = values;
  return {
    ...(principal === undefined ? {} : { principal }),
    ...(host === undefined ? {} : { host }),
    ...(operation === undefined ? {} : { operation: operationOf(operation) }),
    ...(deny ? { permission: 'DENY' } : allow ? { permission: 'ALLOW' } : {}),
    ...(resourceOf(values) ?? {}),
  };
}

function print(found: readonly Acl[], { output, json }: Pick<Invocation, 'output' | 'json'>): void {
  if (json) {
    for (const acl of found) output.line(JSON.stringify(acl));
    return;
  }
  const rows = found.map((acl) => [acl.permission, acl.principal, acl.operation, nameOf(acl), acl.host]);
  output.line(renderTable(['PERMISSION', 'PRINCIPAL', 'OPERATION', 'RESOURCE', 'HOST'], rows));
}

type Resource = Pick<Acl, 'resource_type' | 'resource_name' | 'pattern_type'>;

function nameOf({ resource_type, resource_name, pattern_type }: Resource): string {
  return `${resource_type} ${resource_name}${pattern_type === 'PREFIXED' ? '*' : ''}`;
}

type ResourceValues = { readonly [Option in keyof typeof resourceOptions]?: string | boolean | undefined };

/** The platform checks the name and the operation; here only the spelling is Kafka's. */
function operationOf(text: string): Acl['operation'] {
  return text.toUpperCase().replaceAll('-', '_') as Acl['operation'];
}

function resourceOf(values: ResourceValues): Resource | null {
  if (values.cluster === true) {
    return { resource_type: 'CLUSTER', resource_name: 'kafka-cluster', pattern_type: 'LITERAL' };
  }
  for (const option of ['topic', 'group', 'transactional-id', 'user'] as const) {
    const name = values[option];
    if (typeof name !== 'string') continue;
    const isPrefix = name.length > 1 && name.endsWith('*');
    return {
      resource_type: option.toUpperCase().replaceAll('-', '_') as Acl['resource_type'],
      resource_name: isPrefix ? name.slice(0, -1) : name,
      pattern_type: isPrefix ? 'PREFIXED' : 'LITERAL',
    };
  }
  return null;
}
