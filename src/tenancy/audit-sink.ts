import type { AuditOutcome } from './audit-chain.ts';
import type { Actor } from './organization-rpc.ts';

/** An act of the control plane: what happens to what, on whose behalf. Never a secret. */
export type AuditEvent = {
  readonly atMs: number;
  /** Null when nobody could be made out behind the request. */
  readonly principal: string | null;
  readonly host: string | null;
  /** `keys.create`, `acls.delete`, ...: the noun and the verb. */
  readonly action: string;
  /** What it happened to: a key's id, an ACL, a cluster. */
  readonly resource: string;
  readonly outcome: AuditOutcome;
};

/** Told of every act, inside the transaction that does it, so that neither is there without the other. */
export type AuditSink = { record(event: AuditEvent): void };

export function auditEvent(
  actor: Actor,
  act: Pick<AuditEvent, 'atMs' | 'action' | 'resource'> & Partial<Pick<AuditEvent, 'outcome'>>,
): AuditEvent {
  return { outcome: 'done', ...act, principal: actor.principal.id, host: actor.host };
}
