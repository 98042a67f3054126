import type { AlertDescription, AlertEvent, AlertReply, WebhookDelivery } from '../../alerts/alert-command.ts';
import { type AlertCondition, type AlertTarget, wholeSubject } from '../../alerts/alert-rule.ts';
import { conditionSentence } from '../../alerts/alert-sentence.ts';
import { describable } from '../../authorization/access-check.ts';
import { clusterResource } from '../../authorization/acl-binding.ts';
import { mayAccess } from '../../authorization/authorize.ts';
import type { Principal } from '../../authorization/principal.ts';
import type {
  AlertHistoryJson,
  AlertJson,
  AlertPreviewJson,
  AlertPreviewRequestJson,
  WebhookDeliveryJson,
} from '../../contracts/alerts.ts';

type HasSubject = { readonly subject: string };

/** What the caller may see of the subjects of a rule. */
function visible<Item extends HasSubject>(principal: Principal, target: AlertTarget, items: readonly Item[]) {
  if (!('name' in target)) return items;
  return describable(principal, target.type === 'topic' ? 'TOPIC' : 'GROUP', items, ({ subject }) => subject);
}

const subjectJson = (subject: string) => (subject === wholeSubject ? null : subject);

export function alertJson(principal: Principal, alert: AlertDescription): AlertJson {
  const { condition } = alert;
  const subjects = visible(principal, condition.target, alert.subjects);
  const isFiring = subjects.some(({ state }) => state === 'firing');
  const altering = { operation: 'ALTER_CONFIGS', resourceType: 'CLUSTER', resourceName: clusterResource } as const;
  return {
    alert_id: alert.alertId,
    name: alert.name,
    metric: condition.metric,
    target: condition.target,
    comparison: condition.comparison,
    threshold: condition.threshold,
    for_ms: condition.forMs,
    resolve_after_ms: condition.resolveAfterMs,
    repeat_ms: alert.repeatMs,
    condition: conditionSentence(condition),
    state: isFiring ? 'firing' : subjects.length > 0 ? 'pending' : 'ok',
    value: alert.value,
    subjects: subjects.map(({ subject, state, sinceMs, notifiedAtMs, value }) => ({
      subject: subjectJson(subject),
      state,
      since: sinceMs,
      told_at: notifiedAtMs,
      value,
    })),
    webhook_host: new URL(alert.webhookUrl).host,
    webhook_url: mayAccess(principal, altering) ? alert.webhookUrl : null,
    muted_until: alert.mutedUntilMs,
    previous_secret_until: alert.previousSecretUntilMs,
    created_by: alert.createdBy,
    created_at: alert.createdAtMs,
  };
}

export function deliveryJson(delivery: WebhookDelivery): WebhookDeliveryJson {
  return {
    delivery_id: delivery.deliveryId,
    kind: delivery.kind,
    subject: subjectJson(delivery.subject),
    created_at: delivery.createdAtMs,
    state: delivery.state,
    attempts: delivery.attempts,
    next_attempt_at: delivery.nextAttemptAtMs,
    settled_at: delivery.settledAtMs,
    status: delivery.status,
    error: delivery.error,
  };
}

export function historyJson(
  principal: Principal,
  { alert, events, deliveries }: Extract<AlertReply, { kind: 'history' }>,
): AlertHistoryJson {
  const { target } = alert.condition;
  return {
    events: visible<AlertEvent>(principal, target, events).map(({ atMs, subject, kind, value }) => ({
      at: atMs,
      subject: subjectJson(subject),
      kind,
      value,
    })),
    deliveries: visible(principal, target, deliveries).map(deliveryJson),
  };
}

export function previewJson(
  principal: Principal,
  target: AlertTarget,
  { fromMs, toMs, isKept, subjects }: Extract<AlertReply, { kind: 'preview' }>,
): AlertPreviewJson {
  const seen = visible(principal, target, subjects);
  return {
    from: fromMs,
    to: toMs,
    is_kept: isKept,
    fired: seen.reduce((sum, { alerts }) => sum + alerts.length, 0),
    subjects: seen.map(({ subject, value, alerts }) => ({
      subject: subjectJson(subject),
      value,
      alerts: alerts.map(({ firedAtMs, resolvedAtMs, value: at }) => ({
        fired_at: firedAtMs,
        resolved_at: resolvedAtMs,
        value: at,
      })),
    })),
  };
}

export function conditionOf(json: AlertPreviewRequestJson): AlertCondition {
  return {
    metric: json.metric,
    target: json.target,
    comparison: json.comparison,
    threshold: json.threshold,
    forMs: json.for_ms,
    resolveAfterMs: json.resolve_after_ms,
  };
}
