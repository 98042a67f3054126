import type { Alert, AlertCommand, AlertDescription, AlertReply, SubjectPreview } from '../alerts/alert-command.ts';
import { replay } from '../alerts/alert-preview.ts';
import { type AlertCondition, type AlertTargetType, checkCondition, wholeSubject } from '../alerts/alert-rule.ts';
import { type AlertPorts, Alerts, type IssuedAlert } from '../alerts/alerts.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { isPastKept, pastValues } from './alert-past.ts';
import { AlertSampleStore } from './alert-sample-store.ts';
import type { ClusterRef } from './catalog-rpc.ts';
import type { CatalogStore } from './catalog-store.ts';
import type { MeasuredLag } from './history-command.ts';
import { clusterSeries, HistoryStore, type SeriesKey } from './history-store.ts';
import { TopicSamples } from './topic-samples.ts';

/** How far back a preview looks: as far as the past is kept finely enough. */
const previewMs = 24 * 60 * 60 * 1000;

/** Topics or groups of one preview: the past of each is read whole. */
const subjectsPerPreview = 20;

/** The alerts of a cluster, and what they are evaluated over: what its object is told and measures anyway. */
export class ClusterAlerts {
  readonly #ports: AlertPorts;
  readonly #alerts: Alerts;
  readonly #catalog: CatalogStore;
  readonly #history: HistoryStore;
  readonly #samples: AlertSampleStore;
  /** What the organization used of its budget when it was asked last; it is asked again within minutes. */
  #budgetPercent: number | null = null;

  constructor(ports: AlertPorts, catalog: CatalogStore, owner: () => ClusterRef) {
    this.#ports = ports;
    this.#alerts = new Alerts(ports, owner);
    this.#catalog = catalog;
    this.#history = new HistoryStore(ports.sql);
    this.#samples = new AlertSampleStore(ports.sql);
  }

  async call(command: AlertCommand): Promise<Result<AlertReply>> {
    switch (command.kind) {
      case 'create':
        return this.#issued(await this.#alerts.create(command.settings, command.createdBy));
      case 'rotateSecret':
        return this.#issued(await this.#alerts.rotateSecret(command.alertId, command.overlapMs));
      case 'alter':
        return this.#described(await this.#alerts.alter(command.alertId, command.change));
      case 'describe':
        return this.#described(this.#alerts.describe(command.alertId));
      case 'delete': {
        const deleted = this.#alerts.delete(command.alertId);
        return deleted.ok ? ok({ kind: 'done' }) : deleted;
      }
      case 'list':
        return ok({ kind: 'alerts', alerts: this.#describeAll() });
      case 'test': {
        const sent = await this.#alerts.test(command.alertId);
        return sent.ok ? ok({ kind: 'delivery', delivery: sent.value }) : sent;
      }
      case 'history':
        return this.#historyOf(command.alertId);
      case 'preview':
        return this.#preview(command.condition);
      case 'recordBudget':
        return this.#recordBudget(command.percent);
    }
  }

  /** The reports of partitions have been entered. Inside that transaction. */
  topicsMeasured(): void {
    const samples = new TopicSamples(this.#history, this.#samples, this.#ports.clock.nowMs());
    this.#alerts.evaluate(
      ['topic', 'cluster'],
      ({ condition }) => samples.of(condition),
      (type, subject) => type === 'topic' && this.#catalog.topicByName(subject) === null,
    );
  }

  /** Groups have been measured; of those that could not be nothing is known. Inside that transaction. */
  groupsMeasured(lags: readonly MeasuredLag[]): void {
    this.#alerts.evaluate(
      ['group'],
      ({ condition: { metric } }) =>
        lags.flatMap(({ groupId, lag, lagMs }) => {
          const value = metric === 'lag' ? lag : lagMs;
          return value === null ? [] : [{ subject: groupId, value }];
        }),
      (_type, subject) => !this.#history.hasGroup(subject),
    );
  }

  /** Groups that rules watch and that are due: those without members too, since nobody else says how they lag. */
  groupsToMeasure(measuredBeforeMs: number, count: number): string[] {
    const groupIds = this.#alerts.list().flatMap(({ condition: { target } }) => {
      if (target.type !== 'group' || !('name' in target)) return [];
      return this.#samples.consumerGroups(target, measuredBeforeMs, count);
    });
    return [...new Set(groupIds)].slice(0, count);
  }

  get wantsBudget(): boolean {
    return this.#alerts.list().some(({ condition }) => condition.metric === 'budget_percent');
  }

  /** Of a cluster that is being deleted. Inside a transaction. */
  deleteAll(): void {
    this.#alerts.deleteAll();
  }

  arm(): Promise<void> {
    return this.#alerts.arm();
  }

  drain(): Promise<void> {
    return this.#alerts.drain();
  }

  #issued(issued: Result<IssuedAlert>): Result<AlertReply> {
    if (!issued.ok) return issued;
    const { alert, secret } = issued.value;
    return ok({ kind: 'issued', alert: this.#describe(alert, this.#samplesNow()), secret });
  }

  #described(alert: Result<Alert>): Result<AlertReply> {
    return alert.ok ? ok({ kind: 'alert', alert: this.#describe(alert.value, this.#samplesNow()) }) : alert;
  }

  #describeAll(): AlertDescription[] {
    const samples = this.#samplesNow();
    return this.#alerts.list().map((alert) => this.#describe(alert, samples));
  }

  #describe(alert: Alert, samples: TopicSamples): AlertDescription {
    return this.#alerts.withSubjects(alert, this.#valueOf(alert.condition, samples));
  }

  #samplesNow(): TopicSamples {
    return new TopicSamples(this.#history, this.#samples, this.#ports.clock.nowMs());
  }

  /** What is measured now of the only subject of a rule. */
  #valueOf(condition: Pick<AlertCondition, 'metric' | 'target'>, samples: TopicSamples): number | null {
    const { metric, target } = condition;
    if ('name' in target && target.pattern === 'prefixed') return null;
    switch (target.type) {
      case 'organization':
        return this.#budgetPercent;
      case 'group': {
        const { latest } = this.#history.load({
          subject: 'group',
          name: 'name' in target ? target.name : wholeSubject,
        });
        return (metric === 'lag' ? latest.lag : latest.lagMs) ?? null;
      }
      default:
        return samples.of(condition)[0]?.value ?? null;
    }
  }

  #historyOf(alertId: string): Result<AlertReply> {
    const found = this.#alerts.describe(alertId);
    if (!found.ok) return found;
    const [events, deliveries] = [this.#alerts.events(alertId), this.#alerts.deliveries(alertId)];
    return ok({ kind: 'history', alert: found.value, events, deliveries });
  }

  async #recordBudget(percent: number | null): Promise<Result<AlertReply>> {
    this.#budgetPercent = percent;
    const samples = percent === null ? [] : [{ subject: wholeSubject, value: percent }];
    this.#ports.sql.transaction(() =>
      this.#alerts.evaluate(
        ['organization'],
        () => samples,
        () => percent === null,
      ),
    );
    await this.#alerts.arm();
    return ok({ kind: 'done' });
  }

  #preview(condition: AlertCondition): Result<AlertReply> {
    const checked = checkCondition(condition);
    if (!checked.ok) return checked;
    const toMs = this.#ports.clock.nowMs();
    const window = { fromMs: toMs - previewMs, toMs };
    const isKept = isPastKept(condition.metric);
    const names = isKept ? this.#subjectsOf(condition) : [];
    const samples = this.#samplesNow();
    const subjects = names.map((subject): SubjectPreview => {
      const single = { ...condition, target: this.#literal(condition.target.type, subject) };
      return {
        subject,
        value: this.#valueOf(single, samples),
        alerts: replay(condition, this.#pastOf(condition, subject, window)),
      };
    });
    return ok({ kind: 'preview', ...window, isKept, subjects });
  }

  #literal(type: AlertTargetType, name: string): AlertCondition['target'] {
    return type === 'topic' || type === 'group' ? { type, name, pattern: 'literal' } : { type };
  }

  #subjectsOf({ target }: AlertCondition): readonly string[] {
    if (!('name' in target)) return [wholeSubject];
    if (target.type === 'topic') return this.#samples.topics(target, subjectsPerPreview);
    return this.#samples.consumerGroups(target, this.#ports.clock.nowMs(), subjectsPerPreview).toSorted();
  }

  #pastOf({ metric, target }: AlertCondition, subject: string, window: { fromMs: number; toMs: number }) {
    const topic = target.type === 'topic' ? this.#catalog.topicByName(subject) : null;
    const key: SeriesKey =
      target.type === 'group'
        ? { subject: 'group', name: subject }
        : topic === null
          ? clusterSeries
          : { subject: 'topic', name: topic.topicId };
    // Before it was created a topic took in nothing, and nobody was to be told.
    const fromMs = Math.max(window.fromMs, topic?.createdAtMs ?? 0);
    return pastValues(metric, this.#history.load(key).series, { ...window, fromMs });
  }
}

/** What a cluster that was never founded answers: it has no alerts. */
export function withoutAlerts(command: AlertCommand): Result<AlertReply> {
  switch (command.kind) {
    case 'list':
      return ok({ kind: 'alerts', alerts: [] });
    case 'recordBudget':
      return ok({ kind: 'done' });
    case 'preview':
      return ok({ kind: 'preview', fromMs: 0, toMs: 0, isKept: false, subjects: [] });
    default:
      return failed('UNKNOWN_RESOURCE', 'There is no such alert.');
  }
}
