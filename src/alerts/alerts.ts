import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { Sealer } from '../platform/sealer.ts';
import type { Alert, AlertChangeRequest, AlertDescription, AlertEvent, WebhookDelivery } from './alert-command.ts';
import { type AlertStates, type Evaluation, evaluate } from './alert-evaluation.ts';
import { type AlertOwner, messageBody } from './alert-message.ts';
import {
  type AlertSample,
  type AlertSettings,
  type AlertTargetType,
  checkSettings,
  wholeSubject,
} from './alert-rule.ts';
import { end } from './alert-state.ts';
import { AlertStore, type StoredAlert } from './alert-store.ts';
import { type OutboxPorts, type PostMessage, WebhookOutbox } from './webhook-outbox.ts';
import { newWebhookSecret } from './webhook-signature.ts';

export type AlertPorts = OutboxPorts & {
  readonly sealer: Sealer;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Whether messages may be sent to an address at all. */
  readonly checkUrl: (url: string) => Result<unknown>;
};

export type { PostMessage };

/** An alert with a secret that is shown this once. */
export type IssuedAlert = { readonly alert: Alert; readonly secret: string };

/** The alerts of a cluster, in the private database of its object: rules, how their subjects are, and who is told. */
export class Alerts {
  readonly #ports: AlertPorts;
  readonly #owner: () => AlertOwner;
  readonly #store: AlertStore;
  readonly #outbox: WebhookOutbox;

  constructor(ports: AlertPorts, owner: () => AlertOwner) {
    this.#ports = ports;
    this.#owner = owner;
    this.#store = new AlertStore(ports.sql);
    this.#outbox = new WebhookOutbox(ports, (alertId) => this.#receiverOf(alertId));
  }

  list(): Alert[] {
    return this.#store.all().map(withoutSecrets);
  }

  describe(alertId: string): Result<Alert> {
    const alert = this.#find(alertId);
    return alert.ok ? ok(withoutSecrets(alert.value)) : alert;
  }

  /** The alert with its subjects that are not fine, and what was measured last. */
  withSubjects(alert: Alert, value: number | null): AlertDescription {
    return { ...alert, subjects: this.#store.subjects(alert.alertId), value };
  }

  async create(settings: AlertSettings, createdBy: string): Promise<Result<IssuedAlert>> {
    const { sql, clock, newId, randomBytes } = this.#ports;
    const refused = this.#check(settings);
    if (!refused.ok) return refused;
    const alertId = `alr_${newId().replaceAll('-', '')}`;
    const secret = newWebhookSecret(randomBytes);
    const sealedSecret = await this.#seal(alertId, secret);
    return sql.transaction(() => {
      const max = limits.alertsPerCluster.value;
      if (this.#store.count() >= max) {
        return failed('LIMIT_REACHED', `The cluster has ${max} alerts; delete some, or watch more by one prefix.`, {
          max,
        });
      }
      const secrets = { sealedSecret, previousSealedSecret: null, previousSecretUntilMs: null };
      const made = { alertId, mutedUntilMs: null, createdBy, createdAtMs: clock.nowMs() };
      const alert: StoredAlert = { ...settings, ...secrets, ...made };
      this.#store.save(alert);
      return ok({ alert: withoutSecrets(alert), secret });
    });
  }

  /** Another condition begins anew: what fires by the one before is resolved. */
  async alter(alertId: string, { condition = {}, ...change }: AlertChangeRequest): Promise<Result<Alert>> {
    const altered = this.#ports.sql.transaction(() => {
      const found = this.#find(alertId);
      if (!found.ok) return found;
      const before = found.value;
      const after: StoredAlert = changed(before, { ...change, condition: changed(before.condition, condition) });
      const checked = this.#check(after);
      if (!checked.ok) return checked;
      if (JSON.stringify(after.condition) !== JSON.stringify(before.condition)) this.#endAll(before);
      this.#store.save(after);
      return ok(withoutSecrets(after));
    });
    await this.#outbox.arm();
    return altered;
  }

  /** With everything that is kept of it. Nobody is told. */
  delete(alertId: string): Result<null> {
    return this.#ports.sql.transaction(() => {
      const found = this.#find(alertId);
      if (!found.ok) return found;
      this.#store.remove(alertId);
      this.#outbox.removeOf(alertId);
      return ok(null);
    });
  }

  /** Of a cluster that is being deleted. Inside a transaction. */
  deleteAll(): void {
    for (const { alertId } of this.#store.all()) {
      this.#store.remove(alertId);
      this.#outbox.removeOf(alertId);
    }
  }

  async rotateSecret(alertId: string, overlapMs: number): Promise<Result<IssuedAlert>> {
    const { sql, clock, randomBytes } = this.#ports;
    const max = limits.alertDurationMs.value;
    if (!Number.isInteger(overlapMs) || overlapMs < 0 || overlapMs > max) {
      return failed('INVALID_REQUEST', `overlap_ms is a whole number of ms, 0 to ${max}.`, {
        field: 'overlap_ms',
        max,
      });
    }
    const secret = newWebhookSecret(randomBytes);
    const sealedSecret = await this.#seal(alertId, secret);
    return sql.transaction(() => {
      const found = this.#find(alertId);
      if (!found.ok) return found;
      const alert: StoredAlert = {
        ...found.value,
        sealedSecret,
        previousSealedSecret: overlapMs === 0 ? null : found.value.sealedSecret,
        previousSecretUntilMs: overlapMs === 0 ? null : clock.nowMs() + overlapMs,
      };
      this.#store.save(alert);
      return ok({ alert: withoutSecrets(alert), secret });
    });
  }

  /** Sends a message that says it is a test, and answers what became of it. */
  async test(alertId: string): Promise<Result<WebhookDelivery>> {
    const found = this.#find(alertId);
    if (!found.ok) return found;
    const { sql, clock } = this.#ports;
    const nowMs = clock.nowMs();
    const { condition } = found.value;
    const { target } = condition;
    const subject = 'name' in target ? target.name : wholeSubject;
    const news = { kind: 'test', subject, value: condition.threshold, sinceMs: nowMs, atMs: nowMs } as const;
    const body = messageBody(this.#owner(), found.value, news);
    const deliveryId = sql.transaction(() => this.#outbox.queue(alertId, 'test', subject, body));
    const delivery = await this.#outbox.sendNow(deliveryId);
    return delivery === null ? unknownAlert(alertId) : ok(delivery);
  }

  events(alertId: string): AlertEvent[] {
    return this.#store.events(alertId);
  }

  deliveries(alertId: string): WebhookDelivery[] {
    return this.#outbox.ofAlert(alertId);
  }

  /**
   * Evaluates the rules on these kinds of things. `samplesOf` is asked once a rule for what was measured, `isGone`
   * whether a subject is not there any more. Inside the transaction of the measurement; {@link Alerts.arm} follows.
   */
  evaluate(
    types: readonly AlertTargetType[],
    samplesOf: (alert: Alert) => readonly AlertSample[],
    isGone: (type: AlertTargetType, subject: string) => boolean,
  ): void {
    const nowMs = this.#ports.clock.nowMs();
    const subjectsMax = limits.subjectsPerAlert.value;
    for (const alert of this.#store.all()) {
      const { type } = alert.condition.target;
      if (!types.includes(type)) continue;
      const before = this.#store.states(alert.alertId);
      const telling = { repeatMs: alert.repeatMs, isMuted: alert.mutedUntilMs !== null && nowMs < alert.mutedUntilMs };
      const rule = { condition: alert.condition, ...telling };
      const now = { nowMs, subjectsMax, isGone: (subject: string) => isGone(type, subject) };
      const { states, changes } = evaluate(rule, before, samplesOf(alert), now);
      this.#keep(alert, before, { states, changes }, nowMs);
    }
  }

  arm(): Promise<void> {
    return this.#outbox.arm();
  }

  /** The part of the object's alarm that sends messages. */
  drain(): Promise<void> {
    return this.#outbox.drain();
  }

  #endAll(alert: StoredAlert): void {
    const before = this.#store.states(alert.alertId);
    const changes = [...before].flatMap(([subject, state]) => {
      const { change } = end(state);
      return change === null ? [] : [{ subject, ...change }];
    });
    this.#keep(alert, before, { states: new Map(), changes }, this.#ports.clock.nowMs());
  }

  #keep(alert: StoredAlert, before: AlertStates, { states, changes }: Evaluation, atMs: number): void {
    const { alertId } = alert;
    if (states !== before) this.#store.saveStates(alertId, before, states);
    for (const { kind, subject, value, sinceMs, isTold } of changes) {
      // What was muted has an event already when it is told of for the first time.
      const isNews = kind === 'resolved' || (kind === 'firing' && before.get(subject)?.state !== 'firing');
      if (isNews) this.#store.addEvent(alertId, { atMs, subject, kind, value });
      if (!isTold) continue;
      const body = messageBody(this.#owner(), alert, { kind, subject, value, sinceMs, atMs });
      this.#outbox.queue(alertId, kind, subject, body);
    }
    if (changes.length > 0) this.#store.trimEvents(alertId, limits.alertEventsKept.value);
  }

  #check(settings: AlertSettings): Result<unknown> {
    const checked = checkSettings(settings);
    return checked.ok ? this.#ports.checkUrl(settings.webhookUrl) : checked;
  }

  #find(alertId: string): Result<StoredAlert> {
    const alert = this.#store.find(alertId);
    return alert === null ? unknownAlert(alertId) : ok(alert);
  }

  async #receiverOf(alertId: string) {
    const alert = this.#store.find(alertId);
    if (alert === null) return null;
    const { webhookUrl, sealedSecret, previousSealedSecret, previousSecretUntilMs } = alert;
    const isOverlapping = previousSecretUntilMs !== null && this.#ports.clock.nowMs() < previousSecretUntilMs;
    const sealed = [sealedSecret, ...(isOverlapping && previousSealedSecret !== null ? [previousSealedSecret] : [])];
    const context = this.#secretContext(alertId);
    const opened = await Promise.all(sealed.map((one) => this.#ports.sealer.open(one, context)));
    const secrets = opened.filter((secret) => secret !== null);
    return secrets.length === 0 ? null : { url: webhookUrl, secrets };
  }

  #seal(alertId: string, secret: string): Promise<string> {
    return this.#ports.sealer.seal(secret, this.#secretContext(alertId));
  }

  /** What a secret is sealed for, so that it opens for no other alert. */
  #secretContext(alertId: string): string {
    const { orgId, clusterId } = this.#owner();
    return JSON.stringify(['webhook secret', orgId, clusterId, alertId]);
  }
}

function changed<T extends object>(before: T, change: { readonly [Field in keyof T]?: T[Field] | undefined }): T {
  return { ...before, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) };
}

function unknownAlert(alertId: string): Result<never> {
  return failed('UNKNOWN_RESOURCE', `There is no alert ${JSON.stringify(alertId.slice(0, 100))}.`);
}

function withoutSecrets({ sealedSecret: _sealed, previousSealedSecret: _previous, ...alert }: StoredAlert): Alert {
  return alert;
}
