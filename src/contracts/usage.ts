import { z } from 'zod';

const counted = {
  records_in: z
    .number()
    .describe('Records stored, exactly as the log has them; markers of transactions are records of nobody.'),
  bytes_in: z.number().describe('Bytes of the record batches stored, exactly.'),
  records_out: z
    .number()
    .describe('Records sent to readers: each as often as it was sent. Never too many; a crash may lose the last ones.'),
  bytes_out: z.number().describe('Bytes of the answers and frames that had these records.'),
  requests: z.number().describe('HTTP requests that were let in, handshakes of WebSockets among them.'),
  connection_minutes: z
    .number()
    .describe('For how long sockets, streams of events and Kafka connections were open, each by itself.'),
  object_requests: z.number(),
  rows_read: z.number(),
  rows_written: z.number(),
  r2_class_a: z.number().describe('Writes and lists of objects in R2.'),
  r2_class_b: z.number().describe('Reads of objects in R2.'),
  stored_byte_hours: z.number().describe('Bytes kept in databases, times the hours for which they were.'),
  r2_byte_hours: z.number().describe('Bytes kept in R2, times the hours for which they were.'),
  dollars: z.number().describe("What Cloudflare bills for it by its list prices, without a plan's included units."),
};

export const usageTotalsSchema = z.object(counted).meta({ id: 'UsageTotals' });

const date = z.iso.date().describe('UTC.');

export const usageSchema = z
  .object({
    from: date,
    to: date.describe('UTC; inclusive.'),
    by: z.enum(['topic', 'key', 'day']),
    usage: z.array(
      z.object({
        name: z
          .string()
          .describe('The topic, the id of the key or member, or the day. Empty: of none in particular; `*`: of many.'),
        ...counted,
      }),
    ),
    next_cursor: z.string().nullable(),
    total: usageTotalsSchema.describe('Of everything that was asked for, on whatever page.'),
    month: z
      .object({
        month: z.string().describe('The month under way (UTC), `2026-11`.'),
        dollars: z.number().describe('Until now, of all clusters.'),
        forecast_dollars: z.number().describe('Until its end, if it goes on as in the last seven days.'),
      })
      .describe('The same whatever was asked for.'),
    prices_as_of: date,
  })
  .meta({ id: 'Usage' });

export type UsageTotalsJson = z.infer<typeof usageTotalsSchema>;
export type UsageJson = z.infer<typeof usageSchema>;
