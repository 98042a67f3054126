/**
 * The folder of each topic in an export: its name, or its id where another name before it differs in nothing but the case,
 * which is one folder on some systems.
 */
export function topicFolders(topics: readonly { readonly name: string; readonly topic_id: string }[]): string[] {
  const taken = new Set<string>();
  return topics.map(({ name, topic_id }) => {
    const lower = name.toLowerCase();
    if (taken.has(lower)) return topic_id;
    taken.add(lower);
    return name;
  });
}
