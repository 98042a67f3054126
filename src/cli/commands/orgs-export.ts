import type { Client } from '../../client/index.ts';
import type { SessionJson, SessionRight } from '../../contracts/session.ts';
import { parseArguments, requirePositionals, wholeNumber } from '../arguments.ts';
import { type Invocation, UsageError } from '../command.ts';
import { Progress } from '../output/progress.ts';
import { fileBytesDefault, fileBytesMax } from '../transfer/export-file.ts';
import { OrganizationExporter } from '../transfer/organization/organization-exporter.ts';
import {
  type OrganizationManifest,
  readOrganizationManifest,
  totalOf,
} from '../transfer/organization/organization-manifest.ts';

/** Without them listings would leave things out, and nobody would notice. */
const neededRights: readonly SessionRight[] = [
  'records.read',
  'groups.read',
  'users.describe',
  'organization.describe',
];

/** `millrace orgs export`: everything of the organization, and of one of its clusters, into files. */
export async function exportOrganization({ argv, client, door, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { 'file-bytes': { type: 'string' } });
  const [directory] = requirePositionals(positionals, ['the folder']);
  const fileBytes = wholeNumber(values['file-bytes'], '--file-bytes', 1) ?? fileBytesDefault;
  if (fileBytes > fileBytesMax) throw new UsageError(`--file-bytes takes ${fileBytesMax} at most, not ${fileBytes}.`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new UsageError('interrupted; run it again to go on')));
  process.once('SIGTERM', () => stop.abort(new UsageError('interrupted; run it again to go on')));

  const session = await client.session();
  checkRights(session);
  const manifest = readOrganizationManifest(directory!) ?? (await newManifest(client));
  checkSame(manifest, session, directory!);
  const progress = new Progress(terminal, 'records');
  const say = (line: string) => terminal.say(line);
  const options = { client, door, directory: directory!, fileBytes, progress, signal: stop.signal, say };
  const exporter = new OrganizationExporter(manifest, options);
  try {
    await exporter.run(session.cluster_id);
  } finally {
    progress.end();
  }
  conclude(exporter.manifest, directory!, { output, terminal, json }, progress.summary());
}

function checkRights({ rights, mode }: SessionJson): void {
  if (mode === 'open') return;
  const missing = neededRights.filter((right) => !rights.includes(right));
  if (missing.length === 0) return;
  throw new UsageError(
    `this credential may not see everything of the organization (it lacks ${missing.join(', ')}): use an owner's or an admin's.`,
  );
}

async function newManifest(client: Client): Promise<OrganizationManifest> {
  const { organization_id, name, clusters } = await client.organization.describe();
  return {
    format: 'millrace-organization-export',
    version: 1,
    organizationId: organization_id,
    name,
    startedAt: Date.now(),
    clusters: clusters
      .filter(({ state }) => state === 'ACTIVE')
      .map((cluster) => ({ clusterId: cluster.cluster_id, name: cluster.name, isComplete: false })),
    listings: [],
    topics: [],
    missing: [],
    auditHead: null,
    isComplete: false,
  };
}

function checkSame(manifest: OrganizationManifest, session: SessionJson, directory: string): void {
  const { organizationId, name, clusters } = manifest;
  if (organizationId !== session.organization_id) {
    throw new UsageError(
      `${directory} has an export of "${name}" (id ${organizationId}), and the credential is of ${session.organization_id}: choose another folder.`,
    );
  }
  if (!clusters.some(({ clusterId }) => clusterId === session.cluster_id)) {
    throw new UsageError(
      `cluster ${session.cluster_id} did not exist when the export in ${directory} began: choose another folder.`,
    );
  }
}

function conclude(
  manifest: OrganizationManifest,
  directory: string,
  { output, terminal, json }: Pick<Invocation, 'output' | 'terminal' | 'json'>,
  summary: string,
): void {
  const { organizationId, topics, listings, missing, auditHead, clusters, isComplete } = manifest;
  if (json) {
    const figures = { topics: topics.length, records: totalOf(manifest, 'records'), bytes: totalOf(manifest, 'bytes') };
    const counts = Object.fromEntries(
      listings.map(({ kind, clusterId, items }) => [clusterId === null ? kind : `${clusterId}/${kind}`, items]),
    );
    const facts = { directory, organization_id: organizationId, ...figures, items: counts, missing };
    output.line(JSON.stringify({ ...facts, audit_head: auditHead, is_complete: isComplete }));
  }
  for (const { topic, gaps, path } of topics.filter((one) => one.gaps > 0)) {
    terminal.warn(`topic "${topic}": ${gaps} ranges of offsets were deleted before they could be read (${path})`);
  }
  for (const { topic } of missing) terminal.warn(`topic "${topic}" was deleted before it could be exported`);
  for (const { clusterId, name } of clusters.filter((one) => !one.isComplete)) {
    terminal.warn(`cluster "${name}" is not in it yet: run this again with a credential of cluster ${clusterId}`);
  }
  terminal.say(`${summary}; ${topics.length} topics with ${totalOf(manifest, 'records')} records in ${directory}`);
}
