import type { DeletedRecordsJson, MaintenanceJson } from '../../contracts/maintenance.ts';
import { type Failure, failed } from '../../errors/result.ts';
import type { PartitionRun } from '../../gateway/upkeep.ts';
import type { PartitionKey } from '../../topics/catalog-rpc.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { integerOr, type QueryParameter, readQuery } from '../query.ts';
import type { ApiContext, Handler } from '../services.ts';
import { readPartition } from './records.ts';

/** Where a run goes on: a topic's id and a partition of it. */
const cursor: QueryParameter<PartitionKey | null> = {
  parse: (given) => {
    const [, topicId, partition] = /^([\w-]{1,64})\.(\d{1,4})$/.exec(given) ?? [];
    return topicId === undefined ? undefined : { topicId, partition: Number(partition) };
  },
  allowed: 'the next_cursor of the run before',
  absent: null,
};

const deleteQuery = { before: integerOr(['latest'], { min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined }) };

const deleteRecords: Handler = async (c) => {
  const query = readQuery(c.req.url, deleteQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { before } = query.value;
  if (before === undefined) {
    return problemAnswer(
      failed('INVALID_REQUEST', 'Say with ?before= which offset is the first to keep, or latest.').error,
    );
  }
  const partition = readPartition(c.req.param('partition') ?? '');
  if (!partition.ok) return problemAnswer(partition.error);
  const recorded = await c.env.recordAttempt('records.delete', `${topicOf(c)}/${partition.value} before ${before}`);
  if (!recorded.ok) return problemAnswer(recorded.error);
  const deleted = await c.env.upkeep.deleteRecords(topicOf(c), partition.value, before);
  if (!deleted.ok) return problemAnswer(deleted.error);
  return jsonAnswer({ log_start_offset: deleted.value.logStartOffset } satisfies DeletedRecordsJson);
};

const maintainTopic: Handler = (c) => maintain(c, topicOf(c));

const maintainAll: Handler = (c) => maintain(c, null);

export const maintenanceHandlers = { deleteRecords, maintainTopic, maintainAll } as const satisfies Record<
  string,
  Handler
>;

async function maintain(c: ApiContext, topic: string | null): Promise<Response> {
  const query = readQuery(c.req.url, { cursor });
  if (!query.ok) return problemAnswer(query.error);
  const run = await c.env.upkeep.run(topic, query.value.cursor);
  if (!run.ok) return problemAnswer(run.error);
  const { runs, next } = run.value;
  return jsonAnswer({
    partitions: runs.map(toRunJson),
    next_cursor: next === null ? null : `${next.topicId}.${next.partition}`,
  } satisfies MaintenanceJson);
}

function toRunJson({ topic, partition, outcome }: PartitionRun): MaintenanceJson['partitions'][number] {
  if (!outcome.ok) return { topic, partition, failure: toFailureJson(outcome.error) };
  const { jobs, partition: described } = outcome.value;
  return {
    topic,
    partition,
    log_start_offset: described.logStartOffset,
    high_watermark: described.highWatermark,
    local_bytes: described.localBytes,
    remote_bytes: described.remoteBytes,
    jobs: jobs.map(({ kind, done, nextDueMs, failure }) => ({
      job: kind,
      done: Object.fromEntries(Object.entries(done).filter(([, count]) => count > 0)),
      next_due_at: nextDueMs,
      failure: failure === null ? null : toFailureJson(failure),
    })),
  };
}

function toFailureJson({ code, message }: Failure): { code: string; detail: string } {
  return { code, detail: message };
}

function topicOf(c: ApiContext): string {
  return c.req.param('topic') ?? '';
}
