import type { Result } from '../../errors/result.ts';
import type {
  ShareConfigChange,
  ShareGroupRpc,
  ShareHeartbeatRequest,
  ShareTopic,
} from '../../groups/share/share-group-rpc.ts';
import type {
  ShareAcquireRequest,
  ShareCall,
  SharePartitionRpc,
  ShareSettleRequest,
} from '../../groups/share/share-partition-rpc.ts';
import type { ShareGroupRef, SharePartitionRef } from '../../groups/share/share-ref.ts';
import type { AcknowledgeCommand } from '../../groups/share/share-state.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from '../broken-call.ts';

type CallerPorts<Ref, Rpc> = {
  /** Makes a new stub for each try: one that broke stays broken. */
  readonly connect: (ref: Ref) => Rpc;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
};

/** Repeats a call that was interrupted; every verb of both objects may be repeated. */
async function repeat<Ref, Rpc, T>(
  ports: CallerPorts<Ref, Rpc>,
  ref: Ref,
  attempt: (stub: Rpc) => Promise<Result<T>>,
): Promise<Result<T>> {
  const once = async (): Promise<Result<T>> => {
    try {
      return await attempt(ports.connect(ref));
    } catch (thrown) {
      return failureOf(thrown, 'share group', 'Repeat it; what was locked and not answered is unlocked by itself.');
    }
  };
  let result = await once();
  for (let tries = 1; tries < attemptsMax && !result.ok && result.error.code === 'UNKNOWN_OUTCOME'; tries += 1) {
    await ports.pause(pauseBeforeRetryMs(tries, ports.random));
    result = await once();
  }
  return result;
}

/** A share group's object as an edge calls it, when the object may be moved or reset under the call. */
export class ShareGroupCaller implements ShareGroupRpc {
  readonly #ports: CallerPorts<ShareGroupRef, ShareGroupRpc>;

  constructor(ports: CallerPorts<ShareGroupRef, ShareGroupRpc>) {
    this.#ports = ports;
  }

  create(ref: ShareGroupRef, config: ShareConfigChange) {
    return repeat(this.#ports, ref, (group) => group.create(ref, config));
  }

  alter(ref: ShareGroupRef, change: ShareConfigChange) {
    return repeat(this.#ports, ref, (group) => group.alter(ref, change));
  }

  find(ref: ShareGroupRef) {
    return repeat(this.#ports, ref, (group) => group.find(ref));
  }

  heartbeat(request: ShareHeartbeatRequest) {
    return repeat(this.#ports, request.ref, (group) => group.heartbeat(request));
  }

  begun(ref: ShareGroupRef, shareGroupId: string, topics: readonly ShareTopic[]) {
    return repeat(this.#ports, ref, (group) => group.begun(ref, shareGroupId, topics));
  }

  leave(ref: ShareGroupRef, memberId: string) {
    return repeat(this.#ports, ref, (group) => group.leave(ref, memberId));
  }

  describe(ref: ShareGroupRef) {
    return repeat(this.#ports, ref, (group) => group.describe(ref));
  }

  delete(ref: ShareGroupRef) {
    return repeat(this.#ports, ref, (group) => group.delete(ref));
  }
}

/** The object that shares a partition, as an edge calls it: the lock id makes an acquisition repeatable. */
export class SharePartitionCaller implements SharePartitionRpc {
  readonly #ports: CallerPorts<SharePartitionRef, SharePartitionRpc>;

  constructor(ports: CallerPorts<SharePartitionRef, SharePartitionRpc>) {
    this.#ports = ports;
  }

  open(call: ShareCall) {
    return repeat(this.#ports, call.ref, (partition) => partition.open(call));
  }

  acquire(request: ShareAcquireRequest) {
    return repeat(this.#ports, request.call.ref, (partition) => partition.acquire(request));
  }

  settle(request: ShareSettleRequest) {
    return repeat(this.#ports, request.ref, (partition) => partition.settle(request));
  }

  acknowledge(call: ShareCall, entries: readonly AcknowledgeCommand[]) {
    return repeat(this.#ports, call.ref, (partition) => partition.acknowledge(call, entries));
  }

  describe(ref: SharePartitionRef) {
    return repeat(this.#ports, ref, (partition) => partition.describe(ref));
  }

  reset(call: ShareCall) {
    return repeat(this.#ports, call.ref, (partition) => partition.reset(call));
  }

  close(ref: SharePartitionRef) {
    return repeat(this.#ports, ref, (partition) => partition.close(ref));
  }
}
