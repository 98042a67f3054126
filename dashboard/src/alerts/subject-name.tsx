import type { Alert } from '../../../src/client/index.ts';
import { GroupLink } from '../groups/group-link.tsx';
import { TopicLink } from '../topics/topic-link.tsx';

/** The head of a column of {@link SubjectName}s. */
export function subjectHead({ target }: Alert): string {
  return `${target.type.charAt(0).toUpperCase()}${target.type.slice(1)}`;
}

/** What an alert is about, as a link where it has a page. */
export function SubjectName({ alert, subject }: { readonly alert: Alert; readonly subject: string | null }) {
  const { type } = alert.target;
  if (subject === null) return <>the {type}</>;
  return type === 'topic' ? <TopicLink topic={subject} /> : <GroupLink group={subject} />;
}
