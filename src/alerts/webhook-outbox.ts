import type { Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyedHash } from '../platform/keyed-hash.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { DeliveryKind, WebhookDelivery } from './alert-command.ts';
import { type AttemptOutcome, isDelivered, nextAttemptAtMs } from './delivery-schedule.ts';
import { DeliveryStore, type StoredDelivery } from './delivery-store.ts';
import { signedHeaders } from './webhook-signature.ts';

/** Attempts of one run of the alarm: a request has six connections, and the alarm has other work as well. */
const attemptsPerRun = 5;

/** After a crash in the middle of the last attempt it is made once more. */
const unsettledMs = 60_000;

/** Sends a message to an address that somebody configured; see src/egress. */
export type PostMessage = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<Result<{ readonly status: number }>>;

export type OutboxPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly alarm: AlarmClock;
  readonly hash: KeyedHash;
  readonly post: PostMessage;
  /** A new UUID. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
};

/** Where the messages of an alert go, and the secrets that sign them; null when it is gone. */
export type ReceiverOf = (
  alertId: string,
) => Promise<{ readonly url: string; readonly secrets: readonly string[] } | null>;

/**
 * Messages to receivers: rows written with the change that they tell of, sent after it by the object's alarm, at least
 * once, each with the same id. What fails is tried again (delivery-schedule.ts), then given up.
 */
export class WebhookOutbox {
  readonly #ports: OutboxPorts;
  readonly #store: DeliveryStore;
  readonly #receiverOf: ReceiverOf;

  constructor(ports: OutboxPorts, receiverOf: ReceiverOf) {
    this.#ports = ports;
    this.#store = new DeliveryStore(ports.sql);
    this.#receiverOf = receiverOf;
  }

  /** Part of the transaction of the change that it tells of. Answers the id. */
  queue(alertId: string, kind: DeliveryKind, subject: string, body: string): string {
    const nowMs = this.#ports.clock.nowMs();
    const deliveryId = `msg_${this.#ports.newId().replaceAll('-', '')}`;
    const nothingYet = { state: 'waiting', attempts: 0, settledAtMs: null, status: null, error: null } as const;
    const due = { createdAtMs: nowMs, nextAttemptAtMs: nowMs };
    this.#store.add({ deliveryId, alertId, kind, subject, body, ...due, ...nothingYet });
    this.#store.trim(alertId, limits.webhookDeliveriesKept.value);
    return deliveryId;
  }

  ofAlert(alertId: string): WebhookDelivery[] {
    return this.#store.ofAlert(alertId).map(withoutBody);
  }

  /** Part of the transaction that removes the alert. */
  removeOf(alertId: string): void {
    this.#store.removeOf(alertId);
  }

  /** Arms the alarm for the next attempt, if there is one. */
  async arm(): Promise<void> {
    const dueAtMs = this.#store.nextDueMs();
    if (dueAtMs !== null) await this.#ports.alarm.armBy(dueAtMs);
  }

  /** Makes some of the attempts that are due, and arms the alarm for the rest. */
  async drain(): Promise<void> {
    const due = this.#store.due(this.#ports.clock.nowMs(), attemptsPerRun);
    await this.#send(due.filter(isFirstOfItsSubject));
    await this.arm();
  }

  /** Makes an attempt now, and answers what became of it; null when the message is gone. */
  async sendNow(deliveryId: string): Promise<WebhookDelivery | null> {
    const delivery = this.#store.find(deliveryId);
    if (delivery !== null) await this.#send([delivery]);
    await this.arm();
    const sent = this.#store.find(deliveryId);
    return sent === null ? null : withoutBody(sent);
  }

  async #send(deliveries: readonly StoredDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const { sql } = this.#ports;
    const taken = sql.transaction(() => deliveries.map((delivery) => this.#take(delivery)));
    const outcomes = await Promise.all(taken.map((delivery) => this.#attempt(delivery)));
    sql.transaction(() => {
      for (const [index, delivery] of taken.entries()) this.#settle(delivery, outcomes[index] ?? lost);
    });
  }

  /** An attempt is counted before it is made, and nobody makes it twice while it is under way. */
  #take(delivery: StoredDelivery): StoredDelivery {
    const attempts = delivery.attempts + 1;
    const again = this.#againAtMs({ ...delivery, attempts }, lost) ?? this.#ports.clock.nowMs() + unsettledMs;
    const taken = { ...delivery, attempts, nextAttemptAtMs: again };
    this.#store.save(taken);
    return taken;
  }

  async #attempt({ deliveryId, alertId, body }: StoredDelivery): Promise<AttemptOutcome> {
    const receiver = await this.#receiverOf(alertId);
    if (receiver === null) return { error: 'The alert is gone, or its secret cannot be opened.', isFinal: true };
    const { hash, clock, post } = this.#ports;
    const signed = signedHeaders(hash, receiver.secrets, { id: deliveryId, body, nowMs: clock.nowMs() });
    const headers = { 'content-type': 'application/json', 'user-agent': 'millrace', ...signed };
    const posted = await post(receiver.url, headers, body);
    if (posted.ok) return posted.value;
    return { error: posted.error.message, isFinal: posted.error.code === 'INVALID_REQUEST' };
  }

  #settle(delivery: StoredDelivery, outcome: AttemptOutcome): void {
    const nowMs = this.#ports.clock.nowMs();
    const isDone = isDelivered(outcome);
    const again = isDone ? null : this.#againAtMs(delivery, outcome);
    this.#store.save({
      ...delivery,
      state: isDone ? 'delivered' : again === null ? 'failed' : 'waiting',
      nextAttemptAtMs: again,
      settledAtMs: again === null ? nowMs : null,
      status: 'status' in outcome ? outcome.status : null,
      error: 'error' in outcome ? outcome.error : null,
    });
  }

  /** Whoever asks for a test looks at what becomes of it now. */
  #againAtMs({ kind, attempts }: StoredDelivery, outcome: AttemptOutcome): number | null {
    const { clock, random } = this.#ports;
    return kind === 'test' ? null : nextAttemptAtMs(attempts, outcome, { nowMs: clock.nowMs(), random: random() });
  }
}

/** What is told of one subject and due together goes out one by one, so that an end does not overtake its beginning. */
function isFirstOfItsSubject({ alertId, subject }: StoredDelivery, index: number, due: readonly StoredDelivery[]) {
  return due.findIndex((other) => other.alertId === alertId && other.subject === subject) === index;
}

const lost: AttemptOutcome = { error: 'The attempt was interrupted.', isFinal: false };

function withoutBody({ body: _body, alertId: _alertId, ...delivery }: StoredDelivery): WebhookDelivery {
  return delivery;
}
