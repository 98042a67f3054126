import { expect, it } from 'vitest';
import { anonymousPrincipal } from '../../src/authorization/principal.ts';
import { RefusalMemory } from '../../src/gateway/refusal-memory.ts';

const eve = { ...anonymousPrincipal({ orgId: 'acme', clusterId: 'acme1' }), id: 'User:eve' };
const bob = { ...eve, id: 'User:bob', orgId: 'umbrella' };

it('reports the first refusal of a minute at once, and the others as one sum', () => {
  const memory = new RefusalMemory();
  expect(memory.note(eve, 'deleteTopic', '/v1/topics/a', 0)).toMatchObject([{ principal: 'User:eve', count: 1 }]);
  for (let index = 0; index < 1_000; index += 1) {
    expect(memory.note(eve, 'deleteTopic', `/v1/topics/${index}`, 50_000)).toEqual([]);
  }
  expect(memory.note(eve, 'createTopic', '/v1/topics', 50_000)).toHaveLength(1);
  expect(memory.note(bob, 'createTopic', '/v1/topics', 61_000)).toMatchObject([{ principal: 'User:bob', count: 1 }]);
  expect(memory.note(eve, 'deleteTopic', '/v1/topics/b', 61_000)).toMatchObject([
    { action: 'deleteTopic', resource: '/v1/topics/a', count: 1_000 },
    { action: 'deleteTopic', resource: '/v1/topics/b', count: 1 },
  ]);
});

it('tells no more than a bounded number of pairs apart', () => {
  const memory = new RefusalMemory();
  let reported = 0;
  for (let index = 0; index < 5_000; index += 1) reported += memory.note(eve, `action-${index}`, '/', 0).length;
  expect(reported).toBe(1_000);
});
