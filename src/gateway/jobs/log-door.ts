import type { Principal } from '../../authorization/principal.ts';
import type { PrincipalAuthority } from '../../authorization/principal-authority.ts';
import { ok, type Result } from '../../errors/result.ts';
import type { JobDoor, JobHands } from '../../jobs/job-door.ts';
import type { JobsRef } from '../../jobs/jobs-ref.ts';
import { JobPrincipals } from './job-principals.ts';
import { LogHands, type LogHandsPorts } from './log-hands.ts';

export type LogDoorPorts = Pick<LogHandsPorts, 'quotas' | 'usage' | 'clock'> & {
  readonly edgeOf: (cluster: JobsRef, principal: Principal) => LogHandsPorts['edge'];
  readonly authority: PrincipalAuthority;
};

/** {@link JobDoor} over the gateway. */
export class LogDoor implements JobDoor {
  readonly #ports: LogDoorPorts;
  readonly #principals: JobPrincipals;

  constructor(ports: LogDoorPorts) {
    this.#ports = ports;
    this.#principals = new JobPrincipals(ports);
  }

  async open(cluster: JobsRef, job: { readonly jobId: string; readonly principal: string }): Promise<Result<JobHands>> {
    const principal = await this.#principals.resolve(job);
    if (!principal.ok) return principal;
    const edge = this.#ports.edgeOf(cluster, principal.value);
    return ok(new LogHands({ ...this.#ports, cluster, edge, principal: principal.value }));
  }

  close(jobId: string): void {
    this.#principals.forget(jobId);
  }
}
