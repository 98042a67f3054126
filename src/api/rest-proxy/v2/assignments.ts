import { partitionListSchema } from '../../../contracts/rest-proxy-v2.ts';
import { emptyRestAnswer, restAnswer } from '../rest-answer.ts';
import type { RestHandler } from '../rest-call.ts';
import { instanceOf, namedPartitions, readConsumerBody } from './instance-call.ts';

const assign: RestHandler = async (call) => {
  const body = await readConsumerBody(call, partitionListSchema);
  if (!body.ok) return body;
  const { instances } = call.services.groups;
  const partitions = await namedPartitions(call, body.value.partitions);
  if (!partitions.ok) return partitions;
  const assigned = await instances.call(instanceOf(call), { kind: 'assign', partitions: partitions.value });
  return assigned.ok ? emptyRestAnswer() : assigned;
};

const getAssignments: RestHandler = async (call) => {
  const described = await call.services.groups.instances.call(instanceOf(call), { kind: 'describe' });
  if (!described.ok) return described;
  const partitions = described.value.partitions.map(({ topic, partition }) => ({ topic, partition }));
  return restAnswer(call, { partitions });
};

export const assignmentHandlers = { assign, getAssignments } as const;
