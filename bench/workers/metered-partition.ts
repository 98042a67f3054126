import { Partition } from '../../durable-objects/partition.ts';
import type { Result } from '../../src/errors/result.ts';
import type { AppendReply, AppendRequest, ReadReply, ReadRequest } from '../../src/log/partition-rpc.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { countCall, meterStorage } from './meter.ts';

/** The platform's own partition, with its statements and the requests it is billed for counted. */
export class MeteredPartition extends Partition {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meterStorage(ctx), env);
  }

  override append(request: AppendRequest): Promise<Result<AppendReply>> {
    countCall('append');
    return super.append(request);
  }

  override readRecords(request: ReadRequest): Promise<Result<ReadReply>> {
    countCall('readRecords');
    return super.readRecords(request);
  }

  override fetch(request: Request): Promise<Response> {
    countCall('fetch');
    return super.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, message: ArrayBuffer | string): void {
    countCall('webSocketMessage');
    super.webSocketMessage(socket, message);
  }

  override alarm(): Promise<void> {
    countCall('alarm');
    return super.alarm();
  }
}
