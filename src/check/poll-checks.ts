import type { AnomalyList } from './anomaly.ts';
import { has, type KeyHistory, lowerBound, type PollSpan } from './key-history.ts';

/** Polls of one reader follow each other without a hole, and none leaves out a record that is known to be there. */
export function checkPolls(history: KeyHistory, anomalies: AnomalyList): void {
  checkLeftOut(history, anomalies);
  const readers = Map.groupBy(history.polls, ({ process, assignment }) => `${assignment} ${process}`);
  for (const polls of readers.values()) {
    polls.sort((left, right) => left.invokedAt - right.invokedAt || left.line - right.line);
    polls.reduce((previous, poll) => {
      checkStep(history, previous, poll, anomalies);
      return poll;
    });
  }
}

/** A gap has a reason, and nothing that it names as gone is there. */
export function checkGaps(history: KeyHistory, anomalies: AnomalyList): void {
  for (const { from, to, reason, line } of history.gaps) {
    if (reason !== '' && to <= history.trimmedTo && from < to) continue;
    const message = `offsets ${from} to ${to} were said to be gone (${reason}), but no rule removed more than what lies below ${history.trimmedTo}`;
    anomalies.add('gap-without-reason', history.key, [line], message);
  }
}

function checkStep(history: KeyHistory, previous: PollSpan, poll: PollSpan, anomalies: AnomalyList): void {
  const { key } = history;
  if (poll.from === previous.next) return;
  const lines = [previous.line, poll.line];
  if (poll.from < previous.next) {
    const message = `${poll.process} read up to ${previous.next} and then again from ${poll.from}`;
    anomalies.add('nonmonotonic-poll', key, lines, message);
  } else if (!isExcused(history, previous, poll)) {
    const message = `${poll.process} read up to ${previous.next} and went on at ${poll.from}`;
    anomalies.add('poll-skip', key, lines, message);
  }
}

/** Whether the reader was told of everything between two of its polls. */
function isExcused(history: KeyHistory, previous: PollSpan, poll: PollSpan): boolean {
  let reached = previous.next;
  for (const gap of history.gaps) {
    const isOwn = gap.process === poll.process && gap.assignment === poll.assignment;
    if (isOwn && gap.from <= reached && gap.to > reached) reached = gap.to;
  }
  return reached >= poll.from;
}

function checkLeftOut(history: KeyHistory, anomalies: AnomalyList): void {
  const sparse = history.polls.filter((poll) => poll.offsets !== null);
  if (sparse.length === 0) return;
  const known = history.sortedOffsets();
  for (const { process, from, next, offsets, line } of sparse) {
    const first = lowerBound(known, from);
    for (let at = first; offsets !== null && at < known.length && known[at]! < next; at += 1) {
      const offset = known[at]!;
      if (has(offsets, offset) || history.mayBeGone(offset)) continue;
      const there = history.log.get(offset);
      const message = `${process} read ${from} to ${next} without offset ${offset}, which holds ${there?.value}`;
      anomalies.add('poll-skip', history.key, [there?.line ?? line, line], message);
      break;
    }
  }
}
