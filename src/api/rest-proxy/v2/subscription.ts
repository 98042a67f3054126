import { checkEach } from '../../../authorization/access-check.ts';
import { subscriptionRequestSchema } from '../../../contracts/rest-proxy-v2.ts';
import { failed } from '../../../errors/result.ts';
import { subscriptionOf } from '../../../groups/member-wish.ts';
import { emptyRestAnswer, restAnswer } from '../rest-answer.ts';
import type { RestHandler } from '../rest-call.ts';
import { instanceOf, readConsumerBody } from './instance-call.ts';

const subscribe: RestHandler = async (call) => {
  const body = await readConsumerBody(call, subscriptionRequestSchema);
  if (!body.ok) return body;
  const { topics = null, topic_pattern: pattern = null } = body.value;
  if (topics === null && pattern === null) return failed('INVALID_REQUEST', 'Send topics or topic_pattern.');
  if (topics !== null && pattern !== null) {
    return failed('ILLEGAL_STATE', 'Subscription to topics, partitions and pattern are mutually exclusive.');
  }
  const allowed = checkEach(call.services.principal, 'READ', 'TOPIC', topics ?? []);
  if (!allowed.ok) return allowed;
  const { instances } = call.services.groups;
  // Kafka's consumer takes an empty list for the end of its subscription.
  const isEnd = pattern === null && topics?.length === 0;
  const subscribed = isEnd
    ? await instances.call(instanceOf(call), { kind: 'unsubscribe' })
    : await instances.call(instanceOf(call), {
        kind: 'subscribe',
        subscription: subscriptionOf(topics ?? [], pattern),
      });
  return subscribed.ok ? emptyRestAnswer() : subscribed;
};

const getSubscription: RestHandler = async (call) => {
  const described = await call.services.groups.instances.call(instanceOf(call), { kind: 'describe' });
  return described.ok ? restAnswer(call, { topics: described.value.topics }) : described;
};

const unsubscribe: RestHandler = async (call) => {
  const unsubscribed = await call.services.groups.instances.call(instanceOf(call), { kind: 'unsubscribe' });
  return unsubscribed.ok ? emptyRestAnswer() : unsubscribed;
};

export const subscriptionHandlers = { subscribe, getSubscription, unsubscribe } as const;
