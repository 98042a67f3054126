import type { ShareAcquireRequest, ShareSettleRequest } from '../../../src/groups/share/share-partition-rpc.ts';
import type { AcknowledgeCommand, AcknowledgeType, OffsetSpan } from '../../../src/groups/share/share-state.ts';

/** What a call to a shared partition may change, as far as the judge has to know. */
export type ShareChange = {
  readonly kind: AcknowledgeType | 'acquire' | 'undelivered' | 'gap';
  readonly lockId: string;
  readonly from: number;
  readonly to: number;
};

const everything = { from: 0, to: Number.POSITIVE_INFINITY };

export function shareChangesOf(verb: string, args: readonly unknown[]): ShareChange[] {
  if (verb === 'acquire') return [{ kind: 'acquire', lockId: (args[0] as ShareAcquireRequest).lockId, ...everything }];
  if (verb === 'acknowledge') {
    return (args[1] as readonly AcknowledgeCommand[]).map(({ type, lockId, from, to }) => ({
      kind: type,
      lockId,
      from,
      to,
    }));
  }
  if (verb !== 'settle') return [];
  const { lockId, undelivered, gaps } = args[0] as ShareSettleRequest;
  const changes = (kind: 'undelivered' | 'gap', spans: readonly OffsetSpan[]) =>
    spans.map(({ from, to }) => ({ kind, lockId, from, to }));
  return [...changes('undelivered', undelivered), ...changes('gap', gaps)];
}
