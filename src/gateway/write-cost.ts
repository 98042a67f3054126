import type { Result } from '../errors/result.ts';
import type { AppendReply, AppendRequest } from '../log/partition-rpc.ts';
import type { PartitionStub } from './ports.ts';

/**
 * What the writes of one request come to: calls of partitions, and its part of the rows that they wrote. Requests that
 * share a flush share its rows, so that all parts together are what is billed.
 */
export class WriteCost {
  #objectRequests = 0;
  #rowsWritten = 0;

  get objectRequests(): number {
    return this.#objectRequests;
  }

  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  /** Appends, and adds what that came to. A call that failed was a call. */
  async append(stub: PartitionStub, request: AppendRequest): Promise<Result<AppendReply>> {
    this.#objectRequests += 1;
    const reply = await stub.append({ ...request, tellsRows: true });
    if (reply.ok) this.#rowsWritten += reply.value.rowsWritten ?? 0;
    return reply;
  }
}
