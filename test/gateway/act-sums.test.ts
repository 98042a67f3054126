import { expect, it } from 'vitest';
import { anonymousPrincipal } from '../../src/authorization/principal.ts';
import { ActSums } from '../../src/gateway/act-sums.ts';

const eve = { ...anonymousPrincipal({ orgId: 'acme', clusterId: 'acme1' }), id: 'User:eve' };
const bob = { ...eve, id: 'User:bob', orgId: 'umbrella' };

it('reports the first refusal of a minute at once, and the others as one sum', () => {
  const memory = new ActSums();
  expect(memory.note(eve, 'access', 'deleteTopic', '/v1/topics/a', 0)).toMatchObject([
    { principal: 'User:eve', count: 1 },
  ]);
  for (let index = 0; index < 1_000; index += 1) {
    expect(memory.note(eve, 'access', 'deleteTopic', `/v1/topics/${index}`, 50_000)).toEqual([]);
  }
  expect(memory.note(eve, 'access', 'createTopic', '/v1/topics', 50_000)).toHaveLength(1);
  expect(memory.note(bob, 'access', 'createTopic', '/v1/topics', 61_000)).toMatchObject([
    { principal: 'User:bob', count: 1 },
  ]);
  expect(memory.note(eve, 'access', 'deleteTopic', '/v1/topics/b', 61_000)).toMatchObject([
    { action: 'deleteTopic', resource: '/v1/topics/a', count: 1_000 },
    { action: 'deleteTopic', resource: '/v1/topics/b', count: 1 },
  ]);
});

it('knows a kind from another', () => {
  const memory = new ActSums();
  const doer = { orgId: 'acme', id: 'User:mrk_1', host: '192.0.2.1' };
  expect(memory.note(doer, 'sign_in', 'sign_in.expired', 'mrk_1', 0)).toEqual([
    {
      kind: 'sign_in',
      principal: 'User:mrk_1',
      host: '192.0.2.1',
      action: 'sign_in.expired',
      resource: 'mrk_1',
      count: 1,
    },
  ]);
});

it('tells no more than a bounded number of pairs apart', () => {
  const memory = new ActSums();
  let reported = 0;
  for (let index = 0; index < 5_000; index += 1)
    reported += memory.note(eve, 'access', `action-${index}`, '/', 0).length;
  expect(reported).toBe(1_000);
});
