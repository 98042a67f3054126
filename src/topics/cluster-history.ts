import { failed, ok, type Result } from '../errors/result.ts';
import { addValues, type MetricValues } from '../history/metric.ts';
import {
  compactSeries,
  emptySeries,
  finestMs,
  type MetricSeries,
  mergeSeries,
  minuteOf,
  windowOf,
} from '../history/metric-series.ts';
import type { Clock } from '../platform/clock.ts';
import { isInitialized } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { CatalogStore } from './catalog-store.ts';
import type { ClusterAlerts } from './cluster-alerts.ts';
import type { HistoryCommand, HistoryReply, HistorySubject, MeasuredLag, TopicActivity } from './history-command.ts';
import { clusterSeries, HistoryStore, type SeriesKey, type StoredSeries, type ToldPartition } from './history-store.ts';
import { quoteTopicName } from './topic-name.ts';
import { noRate, ratesOf } from './topic-rates.ts';

/** Topics that one roll-up enters: each is read and written whole. Those that are left come first the next time. */
const topicsPerRollUp = 1_000;

/** Groups that one sweep measures: each is an object to ask, and its partitions. Those that are left come first. */
const groupsPerSweep = 50;

/** So many of them at most because alerts watch them, so that the others have their turn. */
const watchedPerSweep = groupsPerSweep / 2;

/** A group with members is measured with every sweep but for one that comes early; */
const measureMs = 4 * 60_000;

/** one without is not waited for by anybody, and only looked at now and then. */
const measureEmptyMs = 60 * 60_000;

/** Lags that one call may bring. */
const lagsPerCall = groupsPerSweep;

/**
 * What is kept of the cluster's past (docs/adr/0005-history.md). Partitions' reports stay in their own rows, minute by
 * minute, until the sweep has them entered in a row a topic and one of the cluster; a reader is shown both.
 */
export class ClusterHistory {
  readonly #sql: SqlStore;
  readonly #clock: Clock;
  readonly #catalog: CatalogStore;
  readonly #alerts: ClusterAlerts;
  readonly #store: HistoryStore;

  constructor(ports: { readonly sql: SqlStore; readonly clock: Clock }, catalog: CatalogStore, alerts: ClusterAlerts) {
    this.#sql = ports.sql;
    this.#clock = ports.clock;
    this.#catalog = catalog;
    this.#alerts = alerts;
    this.#store = new HistoryStore(ports.sql);
  }

  /** A cluster that was never founded has no past. */
  call(command: HistoryCommand): Result<HistoryReply> {
    const isFounded = isInitialized(this.#sql);
    const nowMs = this.#clock.nowMs();
    switch (command.kind) {
      case 'rollUp':
        return ok(isFounded ? this.#rollUp(nowMs) : { kind: 'rolledUp', groupIds: [], wantsBudget: false });
      case 'recordLags':
        return isFounded ? this.#recordLags(command.lags, nowMs) : ok({ kind: 'recorded' });
      case 'read':
        return this.#read(command, isFounded, nowMs);
      case 'readActivity':
        return ok(isFounded ? this.#activity(command.limit, nowMs) : { kind: 'activity', topics: [], groups: [] });
    }
  }

  #rollUp(nowMs: number): HistoryReply {
    // The minute under way may still grow.
    const toMs = minuteOf(nowMs);
    return this.#sql.transaction(() => {
      this.#store.prune();
      const topicIds = this.#store.topicsToEnter(topicsPerRollUp);
      let entered = emptySeries;
      for (const topicId of topicIds) entered = mergeSeries(entered, this.#enterTopic(topicId, toMs, nowMs));
      if (topicIds.length > 0) {
        const stored = sumOf(this.#store.storedByTopic());
        this.#enter(clusterSeries, entered, stored, toMs, nowMs);
      }
      this.#alerts.topicsMeasured();
      // None is measured yet; those that are gone have nothing to wait for.
      this.#alerts.groupsMeasured([]);
      const due = this.#store.groupsToMeasure(nowMs - measureMs, nowMs - measureEmptyMs, groupsPerSweep);
      const watched = this.#alerts.groupsToMeasure(nowMs - measureMs, watchedPerSweep);
      const groupIds = [...new Set([...watched, ...due])].slice(0, groupsPerSweep);
      return { kind: 'rolledUp', groupIds, wantsBudget: this.#alerts.wantsBudget };
    });
  }

  /** Answers what was new. */
  #enterTopic(topicId: string, toMs: number, nowMs: number): MetricSeries {
    const partitions = this.#store.partitionsOf(topicId);
    const fresh = freshOf(partitions).filter(({ startMs }) => startMs < toMs);
    this.#enter({ subject: 'topic', name: topicId }, fresh, sumOf(partitions), toMs, nowMs);
    return fresh;
  }

  #enter(key: SeriesKey, fresh: MetricSeries, gauges: MetricValues, toMs: number, nowMs: number): void {
    const { series } = this.#store.load(key);
    const measured = mergeSeries(fresh, [{ startMs: toMs - finestMs, widthMs: finestMs, values: gauges }]);
    const grown = compactSeries(mergeSeries(series, measured), nowMs);
    this.#store.save(key, { enteredToMs: toMs, latest: gauges, series: grown });
  }

  #recordLags(lags: readonly MeasuredLag[], nowMs: number): Result<HistoryReply> {
    if (lags.length > lagsPerCall) {
      return failed('INVALID_REQUEST', `A call brings the lag of at most ${lagsPerCall} groups, not ${lags.length}.`);
    }
    this.#sql.transaction(() => {
      for (const { groupId, lag, lagMs } of lags) {
        // A group that was deleted meanwhile has no history.
        if (!this.#store.hasGroup(groupId)) continue;
        const key: SeriesKey = { subject: 'group', name: groupId };
        const known = this.#store.load(key);
        const isKnown = lag !== null && lagMs !== null;
        const values = isKnown ? { lag, lagMs } : known.latest;
        const bucket = { startMs: minuteOf(nowMs), widthMs: finestMs, values };
        const series = isKnown ? compactSeries(mergeSeries(known.series, [bucket]), nowMs) : known.series;
        this.#store.save(key, { enteredToMs: nowMs, latest: isKnown ? values : {}, series });
      }
      this.#alerts.groupsMeasured(lags);
    });
    return ok({ kind: 'recorded' });
  }

  #read(
    { subject, ...window }: Extract<HistoryCommand, { kind: 'read' }>,
    isFounded: boolean,
    nowMs: number,
  ): Result<HistoryReply> {
    const found = isFounded ? this.#find(subject, nowMs) : unknownSubject(subject);
    if (!found.ok) return found;
    const { series, latest } = found.value;
    return ok({ kind: 'series', series: windowOf(series, window), latest });
  }

  #find(subject: HistorySubject, nowMs: number): Result<Pick<StoredSeries, 'series' | 'latest'>> {
    switch (subject.kind) {
      case 'cluster': {
        const fresh = freshOf(this.#store.partitionsNotEntered());
        return ok(this.#withFresh(clusterSeries, fresh, sumOf(this.#store.storedByTopic()), nowMs));
      }
      case 'topic': {
        const topic = this.#catalog.topicByName(subject.topic);
        if (topic === null) return unknownSubject(subject);
        const partitions = this.#store.partitionsOf(topic.topicId);
        const key: SeriesKey = { subject: 'topic', name: topic.topicId };
        return ok(this.#withFresh(key, freshOf(partitions), sumOf(partitions), nowMs));
      }
      case 'group':
        if (!this.#store.hasGroup(subject.groupId)) return unknownSubject(subject);
        return ok(this.#store.load({ subject: 'group', name: subject.groupId }));
    }
  }

  #withFresh(key: SeriesKey, fresh: MetricSeries, gauges: MetricValues, nowMs: number) {
    const now = { startMs: minuteOf(nowMs), widthMs: finestMs, values: gauges };
    return { series: mergeSeries(this.#store.load(key).series, mergeSeries(fresh, [now])), latest: gauges };
  }

  #activity(limit: number, nowMs: number): HistoryReply {
    // The minute before and the one under way, as far as it has come.
    const window = { fromMs: minuteOf(nowMs) - finestMs, toMs: nowMs };
    const rates = ratesOf(this.#store.partitionsNotEntered(), window);
    const topics = this.#store
      .storedByTopic()
      .map((stored): TopicActivity => ({ ...stored, ...(rates.get(stored.topic) ?? noRate) }))
      .sort((one, other) => other.bytesPerSecond - one.bytesPerSecond)
      .slice(0, limit);
    const groups = this.#store
      .latestOfGroups()
      .flatMap(({ groupId, measuredAtMs, latest: { lag, lagMs } }) =>
        lag === undefined || lagMs === undefined || !this.#store.hasGroup(groupId)
          ? []
          : [{ groupId, lag, lagMs, measuredAtMs }],
      )
      .sort((one, other) => other.lagMs - one.lagMs || other.lag - one.lag)
      .slice(0, limit);
    return { kind: 'activity', topics, groups };
  }
}

/** What partitions told that is not entered yet, all together. */
function freshOf(partitions: readonly ToldPartition[]): MetricSeries {
  let fresh = emptySeries;
  for (const { recent, enteredToMs } of partitions) {
    const minutes = recent.minutes.filter(({ startMs }) => startMs >= enteredToMs);
    fresh = mergeSeries(fresh, minutes);
  }
  return fresh;
}

function sumOf(stored: readonly { readonly localBytes: number; readonly remoteBytes: number }[]): MetricValues {
  const none: MetricValues = { localBytes: 0, remoteBytes: 0 };
  return stored.reduce((sum, { localBytes, remoteBytes }) => addValues(sum, { localBytes, remoteBytes }), none);
}

function unknownSubject(subject: HistorySubject): Result<{ series: MetricSeries; latest: MetricValues }> {
  switch (subject.kind) {
    case 'cluster':
      return ok({ series: emptySeries, latest: {} });
    case 'topic':
      return failed(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `There is no topic ${quoteTopicName(subject.topic)}; create it first.`,
      );
    case 'group':
      return failed('GROUP_ID_NOT_FOUND', `There is no group ${JSON.stringify(subject.groupId)}.`);
  }
}
