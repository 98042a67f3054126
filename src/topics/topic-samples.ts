import { type AlertCondition, type AlertSample, wholeSubject } from '../alerts/alert-rule.ts';
import { finestMs, minuteOf } from '../history/metric-series.ts';
import type { AlertSampleStore } from './alert-sample-store.ts';
import type { HistoryStore } from './history-store.ts';
import { ratesOf, type TopicRate } from './topic-rates.ts';

/** A rate is that of so long: what partitions report comes once a minute, and not to the second. */
const rateMs = 5 * finestMs;

/** Topics of one rule that are looked at: each is a value to compare. */
const topicsPerRule = 1_000;

/** What topics and the cluster are at, at one moment. Each kind of value is read once, and only if a rule wants it. */
export class TopicSamples {
  readonly #history: HistoryStore;
  readonly #store: AlertSampleStore;
  readonly #nowMs: number;
  #rates: ReadonlyMap<string, TopicRate> | null = null;
  #stored: ReadonlyMap<string, number> | null = null;
  #damaged: ReadonlyMap<string, number> | null = null;

  constructor(history: HistoryStore, store: AlertSampleStore, nowMs: number) {
    this.#history = history;
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** Of every topic that the rule watches, those to which nothing was ever written too. */
  of({ metric, target }: Pick<AlertCondition, 'metric' | 'target'>): AlertSample[] {
    const values = this.#valuesOf(metric);
    if (!('name' in target)) {
      const value = [...values.values()].reduce((sum, one) => sum + one, 0);
      return [{ subject: wholeSubject, value }];
    }
    return this.#store
      .topics(target, topicsPerRule)
      .map((topic) => ({ subject: topic, value: values.get(topic) ?? 0 }));
  }

  #valuesOf(metric: AlertCondition['metric']): ReadonlyMap<string, number> {
    switch (metric) {
      case 'records_in_per_second':
        return new Map([...this.#ratesNow()].map(([topic, { recordsPerSecond }]) => [topic, recordsPerSecond]));
      case 'bytes_in_per_second':
        return new Map([...this.#ratesNow()].map(([topic, { bytesPerSecond }]) => [topic, bytesPerSecond]));
      case 'stored_bytes':
        this.#stored ??= new Map(
          this.#history.storedByTopic().map(({ topic, localBytes, remoteBytes }) => [topic, localBytes + remoteBytes]),
        );
        return this.#stored;
      case 'damaged_ranges':
        this.#damaged ??= new Map(this.#store.damagedByTopic().map(({ topic, ranges }) => [topic, ranges]));
        return this.#damaged;
      default:
        return nothing;
    }
  }

  /** Of the minutes that are over. */
  #ratesNow(): ReadonlyMap<string, TopicRate> {
    const toMs = minuteOf(this.#nowMs);
    const window = { fromMs: toMs - rateMs, toMs };
    this.#rates ??= ratesOf(this.#store.toldSince(window.fromMs), window);
    return this.#rates;
  }
}

const nothing: ReadonlyMap<string, number> = new Map();
