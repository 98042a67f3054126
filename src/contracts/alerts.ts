import { z } from 'zod';
import { alertMetricNames } from '../alerts/alert-rule.ts';
import { limits } from '../limits.ts';

const targetSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.enum(['topic', 'group']),
      name: z.string().max(limits.groupIdCharacters.value),
      pattern: z
        .enum(['literal', 'prefixed'])
        .default('literal')
        .describe('prefixed: every one whose name begins so, each with a state of its own.'),
    }),
    z.strictObject({ type: z.enum(['cluster', 'organization']) }),
  ])
  .meta({ id: 'AlertTarget' });

const metric = z
  .enum(alertMetricNames)
  .describe(
    'lag and lag_ms are known of groups; budget_percent of the organization; the others of topics and the cluster.',
  );

const comparison = z.enum(['above', 'below']);
const threshold = z.number().min(0).describe('In the unit of the metric.');
const duration = z.int().min(0).max(limits.alertDurationMs.value);
const forMs = duration.describe('How long it must hold at every measurement before the alert fires.');
const resolveAfterMs = duration.describe('How long it must not hold before the alert is resolved.');
const repeatMs = duration
  .nullable()
  .describe('While it fires it is told of again after so long; null: it is told of once.');
const webhookUrl = z
  .string()
  .max(2_048)
  .describe('https:// and a public name. An open platform takes http:// of its own machine too.');

const conditionFields = {
  metric,
  target: targetSchema,
  comparison: comparison.default('above'),
  threshold,
  for_ms: forMs.default(0),
  resolve_after_ms: resolveAfterMs.default(0),
};

export const alertPreviewRequestSchema = z.strictObject(conditionFields).meta({ id: 'AlertPreviewRequest' });

export const alertCreateSchema = z
  .strictObject({ name: z.string(), ...conditionFields, repeat_ms: repeatMs.default(null), webhook_url: webhookUrl })
  .meta({ id: 'AlertCreate' });

export const alertAlterSchema = z
  .strictObject({
    name: z.string().optional(),
    metric: metric.optional(),
    target: targetSchema.optional(),
    comparison: comparison.optional(),
    threshold: threshold.optional(),
    for_ms: forMs.optional(),
    resolve_after_ms: resolveAfterMs.optional(),
    repeat_ms: repeatMs.optional(),
    webhook_url: webhookUrl.optional(),
    muted_until: z
      .int()
      .min(0)
      .nullable()
      .optional()
      .describe('In ms since 1970. Until then nobody is told; null: at once again.'),
  })
  .meta({ id: 'AlertAlter', description: 'What is absent stays.' });

const atMs = z.int().describe('In ms since 1970.');
const subject = z.string().nullable().describe('The topic or group; null: the cluster, or the organization.');
const value = z.number().describe('In the unit of the metric.');

export const alertSchema = z
  .object({
    alert_id: z.string(),
    name: z.string(),
    metric,
    target: targetSchema,
    comparison,
    threshold,
    for_ms: z.int(),
    resolve_after_ms: z.int(),
    repeat_ms: z.int().nullable(),
    condition: z.string().describe('All of that in words: `lag of group billing above 1,000 records for 5 min`.'),
    state: z.enum(['ok', 'pending', 'firing']).describe('The worst of its subjects.'),
    value: value.nullable().describe('What is measured now; null for a prefix, and where nothing was measured yet.'),
    subjects: z
      .array(
        z.object({
          subject,
          state: z.enum(['pending', 'firing']),
          since: atMs.describe('Since when the condition holds, in ms since 1970.'),
          told_at: z.int().nullable().describe('When somebody was told last that it fires.'),
          value: value.describe('What was measured when it was told of last, or when it began.'),
        }),
      )
      .describe('Those that are not fine.'),
    webhook_host: z.string(),
    webhook_url: z
      .string()
      .nullable()
      .describe('Null for who may only look: many such addresses let everybody write who knows them.'),
    muted_until: z.int().nullable(),
    previous_secret_until: z
      .int()
      .nullable()
      .describe('Until when messages are signed with the secret before as well.'),
    created_by: z.string(),
    created_at: atMs,
  })
  .meta({ id: 'Alert' });

export const issuedAlertSchema = alertSchema
  .extend({ secret: z.string().describe('What verifies its messages, `whsec_...`. It is shown this once.') })
  .meta({ id: 'IssuedAlert' });

export const alertListSchema = z.object({ alerts: z.array(alertSchema) }).meta({ id: 'AlertList' });

export const alertSecretRotateSchema = z
  .strictObject({
    overlap_ms: duration
      .optional()
      .describe('For so long messages are signed with both secrets; a day if absent. 0: with the new one alone.'),
  })
  .meta({ id: 'AlertSecretRotate' });

export const webhookDeliverySchema = z
  .object({
    delivery_id: z.string().describe("The receiver's `webhook-id`, the same for every attempt."),
    kind: z.enum(['firing', 'repeated', 'resolved', 'test']),
    subject,
    created_at: atMs,
    state: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.int(),
    next_attempt_at: z.int().nullable(),
    settled_at: z.int().nullable().describe('When it was delivered or given up.'),
    status: z.int().nullable().describe('What the receiver answered last.'),
    error: z.string().nullable().describe('Why there was no answer.'),
  })
  .meta({ id: 'WebhookDelivery' });

export const alertHistorySchema = z
  .object({
    events: z.array(z.object({ at: atMs, subject, kind: z.enum(['firing', 'resolved']), value })),
    deliveries: z.array(webhookDeliverySchema),
  })
  .meta({ id: 'AlertHistory', description: 'The latest first.' });

export const alertPreviewSchema = z
  .object({
    from: atMs,
    to: atMs,
    is_kept: z.boolean().describe('False: no past is kept of the metric, so nothing can be said.'),
    fired: z.int().describe('How often it would have fired, all subjects together.'),
    subjects: z
      .array(
        z.object({
          subject,
          value: value.nullable().describe('What is measured now.'),
          alerts: z.array(z.object({ fired_at: atMs, resolved_at: z.int().nullable(), value })),
        }),
      )
      .describe('At most 20 of a prefix.'),
  })
  .meta({ id: 'AlertPreview' });

export type AlertCreateJson = z.infer<typeof alertCreateSchema>;
export type AlertAlterJson = z.infer<typeof alertAlterSchema>;
export type AlertPreviewRequestJson = z.infer<typeof alertPreviewRequestSchema>;
export type AlertJson = z.infer<typeof alertSchema>;
export type IssuedAlertJson = z.infer<typeof issuedAlertSchema>;
export type AlertListJson = z.infer<typeof alertListSchema>;
export type WebhookDeliveryJson = z.infer<typeof webhookDeliverySchema>;
export type AlertHistoryJson = z.infer<typeof alertHistorySchema>;
export type AlertPreviewJson = z.infer<typeof alertPreviewSchema>;
