import { checkEach, describable } from '../../authorization/access-check.ts';
import type { Principal } from '../../authorization/principal.ts';
import {
  type AlterTopicJson,
  alterTopicSchema,
  createTopicSchema,
  type TopicJson,
  type TopicListJson,
} from '../../contracts/topics.ts';
import { ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { PartitionStatus, TopicDescription } from '../../topics/catalog-rpc.ts';
import { topicConfigStrings } from '../../topics/topic-config.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { integer, type QueryParameter, readQuery, text } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';

const noQuery = {};

/** A cursor is the last name of the page before it, in base64url so that nobody takes it for part of the contract. */
const cursor: QueryParameter<string | null> = {
  parse: (given) => (/^[\w-]{1,340}$/.test(given) ? decodeCursor(given) : undefined),
  allowed: 'the next_cursor of the page before',
  absent: null,
};

const listQuery = {
  prefix: text({ min: 0, max: limits.topicNameCharacters.value, absent: '' }),
  limit: integer({ min: 1, max: limits.topicsPerPage.max, absent: limits.topicsPerPage.value }),
  cursor,
};

const createTopic: Handler = async (c) => {
  const query = readQuery(c.req.url, noQuery);
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, createTopicSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { name, partitions, config } = body.value;
  const allowed = checkEach(c.env.principal, 'CREATE', 'TOPIC', [name]);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const created = await c.env.catalog.createTopic(c.env.cluster, {
    topic: name,
    partitionCount: partitions,
    config: mapConfig(config, String),
  });
  if (!created.ok) return problemAnswer(created.error);
  // An earlier topic of this name may have been deleted by way of another isolate.
  c.env.routes.forget(name);
  return jsonAnswer(toTopicJson(created.value), 201, { location: `/v1/topics/${encodeURIComponent(name)}` });
};

const listTopics: Handler = async (c) => {
  const query = readQuery(c.req.url, listQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { prefix, limit, cursor: after } = query.value;
  const listed = await c.env.catalog.listTopics(c.env.cluster, { prefix, limit, after });
  if (!listed.ok) return problemAnswer(listed.error);
  const { topics, next } = listed.value;
  const shown = describable(c.env.principal, 'TOPIC', topics, ({ topic }) => topic);
  return jsonAnswer({
    topics: shown.map(toTopicJson),
    next_cursor: next === null ? null : encodeCursor(next),
  } satisfies TopicListJson);
};

const describeTopic: Handler = async (c) => {
  const query = readQuery(c.req.url, noQuery);
  if (!query.ok) return problemAnswer(query.error);
  const described = await c.env.catalog.describeTopic(c.env.cluster, topicOf(c), 'partitions');
  return described.ok ? jsonAnswer(toTopicJson(described.value)) : problemAnswer(described.error);
};

const alterTopic: Handler = async (c) => {
  const query = readQuery(c.req.url, noQuery);
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, alterTopicSchema);
  if (!body.ok) return problemAnswer(body.error);
  const topic = topicOf(c);
  const allowed = checkAlteration(c.env.principal, topic, body.value);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const altered = await c.env.catalog.alterTopic(c.env.cluster, {
    topic,
    partitionCount: body.value.partitions,
    config: mapConfig(body.value.config, (value) => (value === null ? null : String(value))),
  });
  if (!altered.ok) return problemAnswer(altered.error);
  c.env.routes.forget(topic);
  return jsonAnswer(toTopicJson(altered.value));
};

const deleteTopic: Handler = async (c) => {
  const query = readQuery(c.req.url, noQuery);
  if (!query.ok) return problemAnswer(query.error);
  const topic = topicOf(c);
  const deleted = await c.env.catalog.deleteTopic(c.env.cluster, topic);
  if (!deleted.ok) return problemAnswer(deleted.error);
  c.env.routes.forget(topic);
  return emptyAnswer(204);
};

const createProducer: Handler = async (c) => {
  const query = readQuery(c.req.url, noQuery);
  if (!query.ok) return problemAnswer(query.error);
  const allocated = await c.env.catalog.allocateProducerId(c.env.cluster);
  if (!allocated.ok) return problemAnswer(allocated.error);
  const { producerId, producerEpoch } = allocated.value;
  return jsonAnswer({ producer_id: producerId, producer_epoch: producerEpoch }, 201);
};

export const topicHandlers = {
  createTopic,
  listTopics,
  describeTopic,
  alterTopic,
  deleteTopic,
  createProducer,
} as const satisfies Record<string, Handler>;

/** Partitions are the topic's own, its config is something that may be left to others. */
function checkAlteration(principal: Principal, topic: string, { partitions, config }: AlterTopicJson): Result<null> {
  const configured = config === undefined ? ok(null) : checkEach(principal, 'ALTER_CONFIGS', 'TOPIC', [topic]);
  if (!configured.ok || (config !== undefined && partitions === undefined)) return configured;
  return checkEach(principal, 'ALTER', 'TOPIC', [topic]);
}

function topicOf(c: ApiContext): string {
  return c.req.param('topic') ?? '';
}

/** Kafka's configs are texts; JSON may spell numbers as numbers. */
function mapConfig<Given, Kept>(
  config: Readonly<Record<string, Given>> | undefined,
  convert: (value: Given) => Kept,
): Record<string, Kept> | undefined {
  if (config === undefined) return undefined;
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, convert(value)]));
}

function toTopicJson(topic: TopicDescription): TopicJson {
  const { partitionStatuses } = topic;
  return {
    name: topic.topic,
    topic_id: topic.topicId,
    partitions: topic.partitionCount,
    config: topicConfigStrings(topic.config),
    config_overrides: topic.configOverrides,
    created_at: topic.createdAtMs,
    ...(partitionStatuses === undefined ? {} : { partition_reports: partitionStatuses.map(toPartitionReportJson) }),
  };
}

function toPartitionReportJson(status: PartitionStatus): NonNullable<TopicJson['partition_reports']>[number] {
  return {
    partition: status.partition,
    log_start_offset: status.logStartOffset,
    high_watermark: status.highWatermark,
    local_bytes: status.localBytes,
    remote_bytes: status.remoteBytes,
    segment_count: status.segmentCount,
    max_timestamp: status.maxTimestampMs,
    next_maintenance_at: status.upkeep.nextDueMs,
    compaction: toCompactionJson(status.upkeep.compaction),
    damaged: status.upkeep.damaged.map(({ offset, lastOffset }) => ({ offset, last_offset: lastOffset })),
    reported_at: status.reportedAtMs,
  };
}

function toCompactionJson(compaction: PartitionStatus['upkeep']['compaction']) {
  if (compaction === null) return null;
  const { cleanableRatio, cleanedOffset, cleanedAtMs } = compaction;
  return { cleanable_ratio: cleanableRatio, cleaned_offset: cleanedOffset, cleaned_at: cleanedAtMs };
}

function encodeCursor(name: string): string {
  return btoa(name).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decodeCursor(given: string): string | undefined {
  try {
    return atob(given.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
}
