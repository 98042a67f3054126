import { type Anomaly, type AnomalyKind, AnomalyList } from './anomaly.ts';
import {
  type GapOperation,
  type HistoryOperation,
  type HistoryValue,
  outcome,
  type PollOperation,
  parseHistoryLine,
  type SendOperation,
} from './history-operation.ts';
import { KeyHistory, type KnownSend } from './key-history.ts';
import { checkOrder, checkTails } from './order-checks.ts';
import { checkGaps, checkPolls } from './poll-checks.ts';

/** What a history shows. */
export type HistoryReport = {
  readonly operations: number;
  readonly sends: number;
  readonly acknowledged: number;
  readonly unknownOutcomes: number;
  readonly recordsRead: number;
  readonly keys: number;
  readonly anomalyCount: number;
  readonly counts: Readonly<Partial<Record<AnomalyKind, number>>>;
  /** Some of each kind. */
  readonly anomalies: readonly Anomaly[];
  /** Lines that are no operation: the history is not what its writer meant. */
  readonly unreadable: readonly { readonly line: number; readonly message: string }[];
};

/** Where a value stands, the first time it was seen. */
type Place = { readonly key: string; readonly offset: number; readonly line: number };

/** Unreadable lines that are named in a report. */
const keptUnreadable = 20;

/**
 * Checks a history of a log against what docs/guarantees.md promises. Lines are added one by one; the checks run at the
 * end, each in O(n log n) over what it needs, so a history of a million operations takes seconds.
 */
export class HistoryChecker {
  readonly #anomalies = new AnomalyList();
  readonly #keys = new Map<string, KeyHistory>();
  readonly #sends = new Map<HistoryValue, KnownSend>();
  readonly #places = new Map<HistoryValue, Place>();
  /** When the first poll that returned a value had completed. */
  readonly #firstReads = new Map<HistoryValue, { readonly completedAt: number; readonly line: number }>();
  readonly #unreadable: { line: number; message: string }[] = [];
  #line = 0;
  #operations = 0;
  #unknownOutcomes = 0;
  #recordsRead = 0;

  add(text: string): void {
    this.#line += 1;
    if (text.trim() === '') return;
    const parsed = parseHistoryLine(text);
    if (parsed.ok) this.#take(parsed.value, this.#line);
    else if (this.#unreadable.length < keptUnreadable) {
      this.#unreadable.push({ line: this.#line, message: parsed.error.message });
    }
  }

  finish(): HistoryReport {
    this.#checkReads();
    let acknowledged = 0;
    for (const history of this.#keys.values()) {
      acknowledged += history.acked.length;
      history.indexRecordKeys((value) => this.#sends.get(value)?.recordKey ?? null);
      checkOrder(history, this.#anomalies);
      checkTails(history, this.#anomalies);
      checkPolls(history, this.#anomalies);
      checkGaps(history, this.#anomalies);
      this.#checkLost(history);
    }
    const { counts, kept } = this.#anomalies;
    return {
      operations: this.#operations,
      sends: this.#sends.size,
      acknowledged,
      unknownOutcomes: this.#unknownOutcomes,
      recordsRead: this.#recordsRead,
      keys: this.#keys.size,
      anomalyCount: [...counts.values()].reduce((sum, count) => sum + count, 0),
      counts: Object.fromEntries(counts),
      anomalies: kept,
      unreadable: this.#unreadable,
    };
  }

  #take(operation: HistoryOperation, line: number): void {
    this.#operations += 1;
    switch (operation.type) {
      case 'send':
        this.#takeSend(operation, line);
        return;
      case 'poll':
        if (operation.outcome === outcome.ok) this.#takePoll(operation, line);
        return;
      case 'tail':
        if (operation.outcome === outcome.ok) this.#of(operation.key).tails.push({ ...operation, line });
        return;
      case 'gap':
        this.#takeGap(operation, line);
        return;
      case 'trim': {
        const history = this.#of(operation.key);
        history.trimmedTo = Math.max(history.trimmedTo, operation.start);
        return;
      }
      case 'dump':
        this.#of(operation.key).dump = { ...operation, line };
        return;
      case 'compacted':
        this.#of(operation.key).isCompacted = true;
        return;
      case 'remark':
        return;
    }
  }

  #takeSend(operation: SendOperation, line: number): void {
    const send = { ...operation, line };
    const earlier = this.#sends.get(operation.value);
    if (earlier !== undefined) {
      this.#unreadable.push({ line, message: `value ${operation.value} was sent on line ${earlier.line} before` });
      return;
    }
    this.#sends.set(operation.value, send);
    if (operation.outcome === outcome.unknown) this.#unknownOutcomes += 1;
    if (operation.outcome !== outcome.ok || operation.key === null || operation.offset === null) return;
    const history = this.#of(operation.key);
    history.acked.push(send);
    this.#place(history, operation.offset, operation.value, line);
  }

  #takePoll(operation: PollOperation, line: number): void {
    const history = this.#of(operation.key);
    history.addPoll(operation, line);
    this.#recordsRead += operation.records.length;
    let previous = -1;
    for (const [offset, value] of operation.records) {
      if (offset <= previous || offset < operation.from || offset >= operation.next) {
        this.#anomalies.add(
          'nonmonotonic-poll',
          operation.key,
          [line],
          `a poll of ${operation.from} to ${operation.next} returned offset ${offset} after ${previous}`,
        );
      }
      previous = offset;
      this.#place(history, offset, value, line);
      const first = this.#firstReads.get(value);
      if (first === undefined || operation.completedAt < first.completedAt) {
        this.#firstReads.set(value, { completedAt: operation.completedAt, line });
      }
    }
  }

  #takeGap(operation: GapOperation, line: number): void {
    this.#of(operation.key).gaps.push({ ...operation, line });
  }

  /** Notes that a value stands at an offset, and what is wrong with that. */
  #place(history: KeyHistory, offset: number, value: HistoryValue, line: number): void {
    const { key } = history;
    const there = history.log.get(offset);
    if (there === undefined) history.log.set(offset, { value, line });
    else if (there.value !== value) {
      this.#anomalies.add(
        'inconsistent-offset',
        key,
        [there.line, line],
        `offset ${offset} held ${there.value} and later ${value}`,
      );
    }
    const place = this.#places.get(value);
    if (place === undefined) {
      this.#places.set(value, { key, offset, line });
      return;
    }
    if (place.key === key && place.offset === offset) return;
    this.#secondPlace(value, place, { key, offset, line });
  }

  #secondPlace(value: HistoryValue, first: Place, second: Place): void {
    const send = this.#sends.get(value);
    const isAck = send !== undefined && (send.line === first.line || send.line === second.line);
    // Known only at the end for a send that is written down after it was read, so it is judged there.
    this.#doubtful.push({ value, first, second, isAck });
  }

  readonly #doubtful: { value: HistoryValue; first: Place; second: Place; isAck: boolean }[] = [];

  /** What was read must have been sent, once, there, and before. */
  #checkReads(): void {
    for (const { value, first, second, isAck } of this.#doubtful) {
      if (this.#sends.get(value)?.mode === 'repeatable') continue;
      const lines = [first.line, second.line];
      if (isAck && first.key !== second.key) {
        const message = `value ${value} was acknowledged in one partition and read in another: ${first.key} and ${second.key}`;
        this.#anomalies.add('wrong-key', second.key, lines, message);
      } else if (isAck) {
        const message = `value ${value} was acknowledged at one offset and read at another: ${first.offset} and ${second.offset}`;
        this.#anomalies.add('offset-mismatch', second.key, lines, message);
      } else {
        const message = `value ${value} stands twice: at ${first.key} ${first.offset} and ${second.key} ${second.offset}`;
        this.#anomalies.add('duplicate', second.key, lines, message);
      }
    }
    for (const [value, { completedAt, line }] of this.#firstReads) this.#checkRead(value, completedAt, line);
  }

  #checkRead(value: HistoryValue, completedAt: number, line: number): void {
    const send = this.#sends.get(value);
    const key = this.#places.get(value)?.key ?? null;
    if (send === undefined) {
      this.#anomalies.add('phantom', key, [line], `value ${value} was read but never sent`);
    } else if (send.outcome === outcome.failed) {
      const message = `value ${value} was read although its send is known to have failed`;
      this.#anomalies.add('failed-send-read', key, [send.line, line], message);
    } else if (completedAt < send.invokedAt) {
      const message = `value ${value} was read before it was sent`;
      this.#anomalies.add('read-from-future', key, [send.line, line], message);
    }
  }

  /** Every acknowledged record is there at the end, but for what a rule of the topic removed. */
  #checkLost(history: KeyHistory): void {
    const { dump, key, trimmedTo } = history;
    if (dump === null) return;
    if (dump.start > trimmedTo) {
      const message = `the partition begins at ${dump.start} in the end, but only what lies below ${trimmedTo} was removed by a rule`;
      this.#anomalies.add('lost-write', key, [dump.line], message);
    }
    const isRead = history.finalReads();
    for (const send of history.acked) {
      const offset = send.offset ?? 0;
      if (history.mayBeGone(offset) || offset < dump.start || (offset < dump.end && isRead(offset))) continue;
      const where = offset < dump.end ? 'it was not there in the end' : `the partition ended at ${dump.end}`;
      const message = `value ${send.value} was acknowledged at offset ${offset}, but ${where}`;
      this.#anomalies.add('lost-write', key, [send.line, dump.line], message);
    }
    const acked = new Set(history.acked.map(({ offset }) => offset));
    for (const [offset, { value, line }] of history.log) {
      if (history.mayBeGone(offset) || offset < dump.start || acked.has(offset)) continue;
      if (offset < dump.end && isRead(offset)) continue;
      const message = `value ${value} was read at offset ${offset}, but was not there in the end`;
      this.#anomalies.add('missing-record', key, [line, dump.line], message);
    }
  }

  #of(key: string): KeyHistory {
    let history = this.#keys.get(key);
    if (history === undefined) {
      history = new KeyHistory(key);
      this.#keys.set(key, history);
    }
    return history;
  }
}

/** Checks a whole history. */
export function checkHistory(lines: Iterable<string>): HistoryReport {
  const checker = new HistoryChecker();
  for (const line of lines) checker.add(line);
  return checker.finish();
}
