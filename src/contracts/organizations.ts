import { z } from 'zod';
import { issuedApiKeySchema } from './api-keys.ts';

const state = z.enum(['ACTIVE', 'DELETING']).describe('DELETING while what it holds is being deleted.');

export const clusterSchema = z
  .object({
    cluster_id: z.string(),
    name: z.string(),
    state,
    created_at: z.int(),
    remains: z
      .object({ topics: z.int(), groups: z.int(), transactional_ids: z.int() })
      .nullable()
      .describe(
        'What was left of one that is being deleted when that was last looked at; null before, and for others.',
      ),
  })
  .meta({ id: 'ClusterDescription' });

export const organizationSchema = z
  .object({
    organization_id: z.string(),
    name: z.string(),
    state,
    created_at: z.int(),
    cors_origins: z.array(z.string()).describe('Origins whose pages may use its credentials.'),
    clusters: z.array(clusterSchema),
  })
  .meta({ id: 'Organization' });

export const organizationAlterSchema = z
  .strictObject({
    name: z.string().optional(),
    cors_origins: z
      .array(z.string())
      .optional()
      .describe('The whole list, as browsers send them: https://example.com, without a path.'),
  })
  .meta({ id: 'OrganizationAlter' });

export const organizationCreateSchema = z.strictObject({ name: z.string() }).meta({ id: 'OrganizationCreate' });

export const clusterCreateSchema = z.strictObject({ name: z.string() }).meta({ id: 'ClusterCreate' });

export const organizationFoundedSchema = z
  .object({ organization: organizationSchema, owner_key: issuedApiKeySchema })
  .meta({ id: 'OrganizationFounded' });

export const organizationListSchema = z
  .object({
    organizations: z.array(
      z.object({
        organization_id: z.string(),
        name: z.string(),
        state,
        created_at: z.int(),
        cluster_ids: z.array(z.string()),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'OrganizationList' });

export type OrganizationJson = z.infer<typeof organizationSchema>;
export type OrganizationListJson = z.infer<typeof organizationListSchema>;
export type OrganizationFoundedJson = z.infer<typeof organizationFoundedSchema>;
export type ClusterDescriptionJson = z.infer<typeof clusterSchema>;
