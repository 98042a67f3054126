import { z } from 'zod';

const hash = z.string().describe('SHA-256, 64 hexadecimal digits.');

export const auditEntrySchema = z
  .object({
    sequence: z.int().describe('1, 2, 3, ... without holes.'),
    at: z.int().describe('ms since 1970.'),
    principal: z.string().nullable(),
    host: z.string().nullable().describe('The address the request came from, where that is known.'),
    action: z.string().describe('`keys.create`, `topics.delete`, ...; the id of the operation where it was refused.'),
    resource: z.string(),
    outcome: z
      .enum(['done', 'attempted', 'refused'])
      .describe(
        'done: written with the act itself. attempted: written before another object was asked to do it. refused: who asked may not.',
      ),
    count: z
      .int()
      .describe(
        'How many acts the entry stands for: more than one for refusals, failed sign-ins and browser tokens alone.',
      ),
    previous_hash: hash,
    hash,
  })
  .meta({ id: 'AuditEntry' });

export const auditListSchema = z
  .object({
    entries: z.array(auditEntrySchema),
    head: z
      .object({ sequence: z.int(), hash })
      .describe('The newest entry of the log. Noted down elsewhere, it shows later whether the end was cut off.'),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'AuditList' });

export type AuditEntryJson = z.infer<typeof auditEntrySchema>;
export type AuditListJson = z.infer<typeof auditListSchema>;
