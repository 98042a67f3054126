import { z } from 'zod';
import { limits } from '../limits.ts';
import { commitTableSchema } from './groups.ts';

const producerShape = {
  producer_id: z.int().min(0),
  producer_epoch: z.int().min(0).max(32_767).describe('As the last answer said it: each transaction has its own.'),
};

export const transactionInitSchema = z
  .strictObject({
    transactional_id: z.string().min(1).max(limits.transactionalIdCharacters.value),
    timeout_ms: z
      .int()
      .optional()
      .describe('A transaction that takes longer is aborted; `INVALID_TRANSACTION_TIMEOUT` names the bounds.'),
    producer_id: producerShape.producer_id
      .optional()
      .describe(
        'What the caller holds already, to go on after an end whose outcome it does not know: then nobody but itself is fenced.',
      ),
    producer_epoch: producerShape.producer_epoch.optional(),
  })
  .refine((init) => (init.producer_id === undefined) === (init.producer_epoch === undefined), {
    message: 'producer_id and producer_epoch come together',
  })
  .meta({ id: 'TransactionInit' });

export const transactionProducerSchema = z
  .object({ transactional_id: z.string(), ...producerShape })
  .meta({ id: 'TransactionProducer' });

export const transactionEndSchema = z.strictObject(producerShape).meta({ id: 'TransactionEnd' });

export const transactionOffsetsSchema = z
  .strictObject({
    ...producerShape,
    group: z.string().describe('The consumer group whose offsets are committed with the transaction.'),
    member_id: z.string().optional().describe('The member that read the records; absent for a group without members.'),
    member_epoch: z.int().min(0).optional(),
    instance_id: z.string().optional(),
    offsets: commitTableSchema,
  })
  .meta({ id: 'TransactionOffsets' });

export const transactionSchema = z
  .object({
    transactional_id: z.string(),
    state: z.enum(['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']),
    producer_id: z.int(),
    producer_epoch: z.int(),
    timeout_ms: z.int(),
    started_at: z.int().nullable().describe('When the transaction under way began; null when none is.'),
    partitions: z.record(z.string(), z.array(z.int())).describe('By topic, those that take part.'),
    groups: z.array(z.string()).describe('Groups whose offsets it commits.'),
  })
  .meta({ id: 'Transaction' });

export const transactionListSchema = z
  .object({ transactions: z.array(transactionSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'TransactionList' });

export type TransactionProducerJson = z.infer<typeof transactionProducerSchema>;
export type TransactionJson = z.infer<typeof transactionSchema>;
export type TransactionListJson = z.infer<typeof transactionListSchema>;
export type TransactionOffsetsJson = z.input<typeof transactionOffsetsSchema>;
