import { CatalogCaller } from '../../../src/gateway/catalog-caller.ts';
import { GroupCaller } from '../../../src/gateway/group-caller.ts';
import { MarkerSender } from '../../../src/gateway/transactions/marker-sender.ts';
import { DurableAlarm } from '../../../src/platform/cloudflare/durable-alarm.ts';
import { type TransactionRef, transactionObjectName } from '../../../src/transactions/transaction-ref.ts';
import type { TransactionRpc } from '../../../src/transactions/transaction-rpc.ts';
import { TransactionService } from '../../../src/transactions/transaction-service.ts';
import type { Caller } from '../network.ts';
import { type Life, SimulatedObject } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { TransportError } from '../transport-errors.ts';
import { catalogStub } from './catalog-object.ts';
import { groupStub } from './group-object.ts';
import { callVerb, objectStub } from './object-stub.ts';
import { partitionStub } from './partition-object.ts';

export type TransactionObject = SimulatedObject<TransactionService>;

/** A transactional id's coordinator, wired as durable-objects/transaction-coordinator.ts wires it. */
export function createTransactionObject(platform: Platform, own: TransactionRef): TransactionObject {
  const object: TransactionObject = new SimulatedObject<TransactionService>(
    platform.world,
    transactionObjectName(own.clusterId, own.transactionalId),
    (life) => constructCoordinator(platform, own, life),
    (service) => service.runAlarm(),
  );
  object.observer = platform.transactionJudge.watchCoordinator(own.transactionalId, object.store);
  return object;
}

function constructCoordinator(
  platform: Platform,
  own: TransactionRef,
  life: Life<TransactionService>,
): TransactionService {
  const { world } = platform;
  const { object } = life;
  const pause = (ms: number) => life.sleep(ms, 'pauses');
  const retrying = { random: () => world.random.next(), pause };
  const catalog = () => new CatalogCaller({ connect: () => catalogStub(platform, life), ...retrying });
  const groups = new GroupCaller({ connect: (ref) => groupStub(platform, life, ref), ...retrying });
  return new TransactionService({
    sql: object.storeOf(life),
    alarm: new DurableAlarm(object.alarmStorageOf(life), object.clock),
    clock: object.clock,
    catalog,
    receivers: (ref) =>
      new MarkerSender({
        cluster: ref,
        catalog: catalog(),
        groups,
        partition: (partition) => partitionStub(platform, life, partition),
      }),
    isOwn: (ref) => ref.transactionalId === own.transactionalId,
    pause,
    reportError: (error) => {
      world.sometimes('marker told again');
      // A partition or group that cannot be reached just now is told again; anything else is a mistake.
      const isExpected =
        error instanceof TransportError ||
        /UNKNOWN_OUTCOME|OVERLOADED|LOG_UNVERIFIED|GRANT_REQUIRED/.test(String(error));
      if (!isExpected) world.violate(`${life.name} reported ${String(error)}`);
    },
  });
}

/** A coordinator as a caller reaches it. */
export function transactionStub(platform: Platform, caller: Caller, ref: TransactionRef): TransactionRpc {
  return objectStub<TransactionRpc, TransactionService>(platform, caller, platform.transaction(ref), callVerb);
}
