import { type CreateInstance, createInstanceSchema } from '../../../contracts/rest-proxy-v2.ts';
import { type Failed, ok, type Result } from '../../../errors/result.ts';
import type { InstanceConfig } from '../../../groups/instances/consumer-instance.ts';
import { limits } from '../../../limits.ts';
import { embeddedFormats } from '../media-types.ts';
import { refused } from '../refusal.ts';
import { emptyRestAnswer, restAnswer } from '../rest-answer.ts';
import { pathParameter, type RestHandler } from '../rest-call.ts';
import { instanceOf, readOptionalBody } from './instance-call.ts';

/** The REST Proxy's default of consumer.request.timeout.ms. */
const defaultRequestTimeoutMs = 1_000;

/** The most the REST Proxy takes for fetch.min.bytes. */
const maxFetchMinBytes = 10_000_000;

type Config = Omit<InstanceConfig, 'createdBy'>;

const createInstance: RestHandler = async (call) => {
  const body = await readOptionalBody(call, createInstanceSchema);
  if (!body.ok) return body;
  const asked = body.value ?? {};
  const config = configOf(asked);
  if (!config.ok) return config;
  const { instances } = call.services.groups;
  const groupId = pathParameter(call, 'group_name');
  const name = asked.name ?? asked.id ?? instances.newName();
  const created = await instances.create({ groupId, name }, config.value);
  if (!created.ok) return created;
  const path = ['consumers', groupId, 'instances', name].map((part) => encodeURIComponent(part)).join('/');
  return restAnswer(call, { instance_id: name, base_uri: `${call.base}/${path}` });
};

const deleteInstance: RestHandler = async (call) => {
  const deleted = await call.services.groups.instances.call(instanceOf(call), { kind: 'delete' });
  return deleted.ok ? emptyRestAnswer() : deleted;
};

export const consumerHandlers = { createInstance, deleteInstance } as const;

function configOf(asked: CreateInstance): Result<Config> {
  const format = asked.format ?? 'binary';
  const known = embeddedFormats.find((one) => one === format.toLowerCase());
  if (known === undefined) return invalid(`format "${format.slice(0, 50)}" is not known; use binary or json`);
  if (known !== 'binary' && known !== 'json') {
    return invalid(`format ${known} needs Schema Registry, which is not there; use binary or json`);
  }
  const offsetReset = resetOf(asked['auto.offset.reset'] ?? 'latest');
  if (offsetReset === null) return invalid('auto.offset.reset must be earliest, latest or none');
  const minBytes = integerOf(asked['fetch.min.bytes'], 1);
  if (minBytes !== -1 && !(minBytes >= 1 && minBytes <= maxFetchMinBytes)) {
    return invalidConstraint(`fetch.min.bytes must be -1 or from 1 to ${maxFetchMinBytes}`);
  }
  const timeoutMs = integerOf(asked['consumer.request.timeout.ms'], defaultRequestTimeoutMs);
  if (timeoutMs < 1) return invalidConstraint('consumer.request.timeout.ms must be at least 1');
  return ok({
    format: known,
    isAutoCommit: String(asked['auto.commit.enable'] ?? true) === 'true',
    offsetReset,
    fetchMinBytes: Math.max(1, minBytes),
    requestTimeoutMs: Math.min(timeoutMs, limits.readWaitMs.max),
  });
}

function resetOf(text: string): Config['offsetReset'] | null {
  const word = text.toLowerCase();
  return word === 'earliest' || word === 'latest' || word === 'none' ? word : null;
}

const integerOf = (given: number | string | null | undefined, absent: number): number => Number(given ?? absent);

const invalid = (problem: string): Failed =>
  refused(42_204, 'INVALID_REQUEST', `Invalid consumer configuration: ${problem}.`);

const invalidConstraint = (problem: string): Failed =>
  refused(
    40_001,
    'INVALID_REQUEST',
    `Invalid consumer configuration. It does not abide by the constraints: ${problem}.`,
  );
