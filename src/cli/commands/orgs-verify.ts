import { parseArguments, requirePositionals } from '../arguments.ts';
import type { Invocation } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { Progress } from '../output/progress.ts';
import { totalOf } from '../transfer/organization/organization-manifest.ts';
import { verifyOrganization } from '../transfer/organization/organization-verifier.ts';

/** `millrace orgs verify`: an export against its own checksums, counts and audit chain, without any platform. */
export async function verifyExport({ argv, output, terminal, json }: Invocation): Promise<number> {
  const [directory] = requirePositionals(parseArguments(argv, {}).positionals, ['the folder']);
  const progress = new Progress(terminal, 'items checked');
  const { manifest, bad } = await verifyOrganization(directory!, progress).finally(() => progress.end());
  const { organizationId, name, clusters, topics, auditHead, isComplete } = manifest;
  const absent = clusters.filter((cluster) => !cluster.isComplete);
  const figures = { topics: topics.length, records: totalOf(manifest, 'records') };
  if (json) {
    const facts = { ok: bad.length === 0, organization_id: organizationId, ...figures, audit_head: auditHead };
    output.line(JSON.stringify({ ...facts, is_complete: isComplete, bad }));
  } else {
    for (const { path, reason } of bad) output.line(`bad: ${path}: ${reason}`);
    if (bad.length === 0) {
      const head = auditHead === null ? 'none' : `${auditHead.sequence}:${auditHead.hash}`;
      output.line(`good: "${name}", ${figures.topics} topics with ${figures.records} records; audit head ${head}`);
    }
  }
  for (const cluster of absent) terminal.warn(`cluster "${cluster.name}" (${cluster.clusterId}) is not in it`);
  return bad.length === 0 ? exitCode.ok : exitCode.failed;
}
