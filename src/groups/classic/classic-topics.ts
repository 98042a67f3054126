import { metadataOf } from './classic-join.ts';
import type { ClassicState } from './classic-state.ts';
import { subscribedTopics } from './embedded-protocol.ts';

/** What consumers call the protocol that they speak between them; others have no topics that could be read here. */
const consumerProtocolType = 'consumer';

/** Whether a member reads a topic of this name; yes when a consumer's bytes do not say what it reads. */
export function isReadByClassic({ members, protocolType, protocolName }: ClassicState, topic: string): boolean {
  if (protocolType !== consumerProtocolType) return false;
  for (const member of members.values()) {
    const metadata = metadataOf(member, protocolName ?? member.protocols[0]?.name ?? null);
    const topics = subscribedTopics(metadata);
    if (topics === null || topics.includes(topic)) return true;
  }
  return false;
}
