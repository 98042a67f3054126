/** Whose jobs are meant. */
export type JobsRef = { readonly orgId: string; readonly clusterId: string };

/** The name of the object that runs the jobs of a cluster. */
export function jobRunnerObjectName({ clusterId }: JobsRef): string {
  return `v1J${clusterId.length}:${clusterId}`;
}
