import type { DeliveryKind } from './alert-command.ts';
import { type AlertSettings, wholeSubject } from './alert-rule.ts';
import { conditionSentence, renderAmount } from './alert-sentence.ts';

/** Whose alert it is. */
export type AlertOwner = { readonly orgId: string; readonly clusterId: string };

/** What a message tells. */
export type AlertNews = {
  readonly kind: DeliveryKind;
  readonly subject: string;
  readonly value: number;
  readonly sinceMs: number;
  readonly atMs: number;
};

/**
 * The body of a message, as receivers get it: `type`, `timestamp` and `data` as the specification of Standard Webhooks
 * proposes, and a `text` that chats show. `data.key` is the same for all messages of one subject, so that an end finds
 * its beginning.
 */
export function messageBody(
  { orgId, clusterId }: AlertOwner,
  { alertId, name, condition }: AlertSettings & { readonly alertId: string },
  { kind, subject, value, sinceMs, atMs }: AlertNews,
): string {
  const { metric, target, comparison, threshold } = condition;
  return JSON.stringify({
    type: `alert.${kind === 'repeated' ? 'firing' : kind}`,
    timestamp: new Date(atMs).toISOString(),
    text: messageText({ name, condition }, { kind, subject, value }),
    data: {
      key: `${alertId}/${subject}`,
      alert_id: alertId,
      name,
      organization_id: orgId,
      cluster_id: clusterId,
      metric,
      target_type: target.type,
      subject: subject === wholeSubject ? null : subject,
      comparison,
      threshold,
      value,
      since: new Date(sinceMs).toISOString(),
      is_repeated: kind === 'repeated',
    },
  });
}

function messageText(
  { name, condition }: Pick<AlertSettings, 'name' | 'condition'>,
  { kind, subject, value }: Pick<AlertNews, 'kind' | 'subject' | 'value'>,
): string {
  const { metric, target } = condition;
  if (kind === 'test') return `Test of ${name}: this is what a message of this alert looks like.`;
  const what = 'name' in target ? `${target.type} ${subject}` : `the ${target.type}`;
  const state = { firing: 'fires', repeated: 'still fires', resolved: 'is resolved' }[kind];
  return `${name} ${state}: ${what} is at ${renderAmount(metric, value)} (${conditionSentence(condition)}).`;
}
