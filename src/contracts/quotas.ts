import { z } from 'zod';
import { type CapKind, capMaxima } from '../limits/caps.ts';
import { limits } from '../limits.ts';

const perSecond = z.number().min(1).max(1e12).nullable();

const rates = {
  requests_per_second: perSecond.default(null),
  produce_bytes_per_second: perSecond.default(null).describe('Of bodies of records, as they are sent.'),
  fetch_bytes_per_second: perSecond.default(null).describe('Of answers with records, as they are sent.'),
};

const cap = (kind: CapKind) => z.int().min(0).max(capMaxima[kind]).optional();

const capsSchema = z
  .strictObject({
    topics: cap('topics'),
    partitions: cap('partitions'),
    groups: cap('groups'),
    transactional_ids: cap('transactionalIds'),
    keys: cap('keys'),
    members: cap('members'),
    acls: cap('acls'),
    connections: cap('connections'),
    storage_bytes: cap('storageBytes').describe('What all clusters keep, hot and in R2.'),
  })
  .meta({
    id: 'Caps',
    description:
      'The most there may be: of keys, members, connections and bytes in the organization, of others in each cluster.',
  });

export const quotaSchema = z
  .strictObject({
    entity_type: z.enum(['organization', 'key', 'topic']),
    entity_name: z.string().max(300).default('').describe("A key's id or a topic's name; empty for the organization."),
    ...rates,
    caps: capsSchema
      .optional()
      .describe('Of the organization, and connections of a key; what is not named is bounded by the platform.'),
  })
  .meta({ id: 'Quota' });

const operatorQuotasSchema = z
  .object({ ...rates, caps: capsSchema })
  .meta({ id: 'OperatorQuotas', description: 'What the operator bounds the organization to; null bounds nothing.' });

const storedBytes = z.int().describe('What the organization keeps, as its partitions have last told.');

export const quotaListSchema = z
  .object({ quotas: z.array(quotaSchema), operator: operatorQuotasSchema, stored_bytes: storedBytes })
  .meta({ id: 'QuotaList' });

const overridingCap = (kind: CapKind) => z.int().min(0).max(capMaxima[kind]).nullable().optional();

export const quotaOverrideSchema = z
  .strictObject({
    requests_per_second: perSecond.optional(),
    produce_bytes_per_second: perSecond.optional(),
    fetch_bytes_per_second: perSecond.optional(),
    caps: z
      .strictObject({
        topics: overridingCap('topics'),
        partitions: overridingCap('partitions'),
        groups: overridingCap('groups'),
        transactional_ids: overridingCap('transactionalIds'),
        keys: overridingCap('keys'),
        members: overridingCap('members'),
        acls: overridingCap('acls'),
        connections: overridingCap('connections'),
        storage_bytes: overridingCap('storageBytes'),
      })
      .optional(),
  })
  .meta({
    id: 'QuotaOverride',
    description:
      'What holds for one organization in the place of what the operator says of all: null bounds nothing, and what is not named is as for all.',
  });

export const operatorQuotaSchema = z
  .object({
    organization_id: z.string(),
    override: quotaOverrideSchema,
    operator: operatorQuotasSchema,
    quotas: z.array(quotaSchema).describe('What the organization has set itself, but for its topics.'),
    stored_bytes: storedBytes,
  })
  .meta({ id: 'OrganizationQuotas' });

export const quotaAlterSchema = z
  .strictObject({ quotas: z.array(quotaSchema).min(1).max(limits.quotasPerOrganization.value) })
  .meta({ id: 'QuotaAlter' });

export type CapsJson = z.infer<typeof capsSchema>;
export type QuotaJson = z.infer<typeof quotaSchema>;
export type OperatorQuotasJson = z.infer<typeof operatorQuotasSchema>;
export type QuotaOverrideJson = z.infer<typeof quotaOverrideSchema>;
export type OrganizationQuotasJson = z.infer<typeof operatorQuotaSchema>;
export type QuotaListJson = z.infer<typeof quotaListSchema>;
