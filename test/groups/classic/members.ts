import type { ClassicJoin } from '../../../src/groups/classic/classic-join.ts';

export const sessionTimeoutMs = 10_000;
export const rebalanceTimeoutMs = 30_000;

/** A consumer's subscription as it tells it: version 0, these topics, no user data. */
export function subscriptionTo(...topics: string[]): Uint8Array {
  return bytesOf(0, ...topics);
}

/** The same of version 1, beside which it also says what it holds. */
export function subscriptionHolding(topic: string, partition: number): Uint8Array {
  const head = bytesOf(1, topic);
  const name = new TextEncoder().encode(topic);
  const tail = new DataView(new ArrayBuffer(4 + 2 + name.length + 4 + 4));
  tail.setInt32(0, 1);
  tail.setInt16(4, name.length);
  new Uint8Array(tail.buffer).set(name, 6);
  tail.setInt32(6 + name.length, 1);
  tail.setInt32(10 + name.length, partition);
  return new Uint8Array([...head, ...new Uint8Array(tail.buffer)]);
}

function bytesOf(version: number, ...topics: string[]): Uint8Array {
  const names = topics.map((topic) => new TextEncoder().encode(topic));
  const view = new DataView(new ArrayBuffer(6 + names.reduce((sum, { length }) => sum + 2 + length, 0) + 4));
  view.setInt16(0, version);
  view.setInt32(2, topics.length);
  let at = 6;
  for (const name of names) {
    view.setInt16(at, name.length);
    new Uint8Array(view.buffer).set(name, at + 2);
    at += 2 + name.length;
  }
  view.setInt32(at, -1);
  return new Uint8Array(view.buffer);
}

/** A member that asks to join, and knows its id already. */
export function joinOf(memberId: string, changes: Partial<ClassicJoin> = {}): ClassicJoin {
  return {
    memberId,
    isNew: false,
    isIdFirst: true,
    instanceId: null,
    clientId: 'test',
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscriptionTo('orders') }],
    maySkipAssignment: true,
    ...changes,
  };
}

/** The same of a member that has no id yet, and joins with the one it is to have. */
export const newJoinOf = (memberId: string, changes: Partial<ClassicJoin> = {}): ClassicJoin =>
  joinOf(memberId, { isNew: true, isIdFirst: false, ...changes });
