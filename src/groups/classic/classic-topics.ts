import { metadataOf } from './classic-join.ts';
import type { ClassicState } from './classic-state.ts';
import { subscribedTopics } from './embedded-protocol.ts';

/** What consumers call the protocol that they speak between them; others have no topics that could be read here. */
const consumerProtocolType = 'consumer';

/** Whether a member reads a topic of this name; yes when a consumer's bytes do not say what it reads. */
export function isReadByClassic(state: ClassicState, topic: string): boolean {
  let read = topicsRead.get(state);
  if (read === undefined) {
    read = readTopics(state);
    topicsRead.set(state, read);
  }
  return read === 'all' || read.has(topic);
}

/** A state is immutable, and the same one is asked for every offset that is kept. */
const topicsRead = new WeakMap<ClassicState, ReadonlySet<string> | 'all'>();

function readTopics({ members, protocolType, protocolName }: ClassicState): ReadonlySet<string> | 'all' {
  const read = new Set<string>();
  if (protocolType !== consumerProtocolType) return read;
  for (const member of members.values()) {
    const topics = subscribedTopics(metadataOf(member, protocolName ?? member.protocols[0]?.name ?? null));
    if (topics === null) return 'all';
    for (const topic of topics) read.add(topic);
  }
  return read;
}
