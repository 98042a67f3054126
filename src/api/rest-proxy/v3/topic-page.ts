import { permittedAmong } from '../../../authorization/access-check.ts';
import { ok, type Result } from '../../../errors/result.ts';
import { limits } from '../../../limits.ts';
import type { TopicDescription } from '../../../topics/catalog-rpc.ts';
import { refused } from '../refusal.ts';
import type { RestCall } from '../rest-call.ts';

/** Topics in name order, and the URL of those after them. */
export type TopicPage = { readonly topics: readonly TopicDescription[]; readonly next: string | null };

/** The query parameter by which `metadata.next` goes on. */
const pageTokenParameter = 'page_token';

/**
 * At most `maxTopics` topics for a list at the URL `self`, from where `page_token` says. Clients that know no pages
 * read the first only, so it is as long as an answer may reasonably be. Only topics that the caller may do `operation`
 * with are in it.
 */
export async function topicPage(
  call: RestCall,
  self: string,
  maxTopics: number,
  operation: 'DESCRIBE' | 'DESCRIBE_CONFIGS' = 'DESCRIBE',
): Promise<Result<TopicPage>> {
  const { catalog, cluster, principal } = call.services;
  let after = new URL(call.request.url).searchParams.get(pageTokenParameter);
  if (after !== null && after.length > limits.topicNameCharacters.value) {
    return refused(400, 'INVALID_REQUEST', `${pageTokenParameter} is none that this list gave.`);
  }
  const topics: TopicDescription[] = [];
  while (topics.length < maxTopics) {
    const limit = Math.min(maxTopics - topics.length, limits.topicsPerPage.max);
    const listed = await catalog.listTopics(cluster, { prefix: '', limit, after });
    if (!listed.ok) return listed;
    const wanted = { operation, resourceType: 'TOPIC' } as const;
    topics.push(...permittedAmong(principal, wanted, listed.value.topics, ({ topic }) => topic));
    after = listed.value.next;
    if (after === null) return ok({ topics, next: null });
  }
  return ok({ topics, next: `${self}?${pageTokenParameter}=${encodeURIComponent(after ?? '')}` });
}
