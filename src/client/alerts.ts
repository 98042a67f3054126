import type {
  AlertAlterJson,
  AlertCreateJson,
  AlertHistoryJson,
  AlertJson,
  AlertListJson,
  AlertPreviewJson,
  AlertPreviewRequestJson,
  IssuedAlertJson,
  WebhookDeliveryJson,
} from '../contracts/alerts.ts';
import { type HttpDoor, jsonBody } from './http-door.ts';

/** A rule with how it stands, in the fields of the API. Times are in ms since 1970. */
export type Alert = AlertJson;

/** `secret` verifies the messages of the alert; it is shown this once. */
export type IssuedAlert = IssuedAlertJson;

/** What it did and what became of its messages, the latest first. */
export type AlertHistory = AlertHistoryJson;

/** When a rule would have fired within the last day. */
export type AlertPreview = AlertPreviewJson;

export type WebhookDelivery = WebhookDeliveryJson;

type Optional<T, Keys extends keyof T> = Omit<T, Keys> & Partial<Pick<T, Keys>>;

type Defaulted = 'comparison' | 'for_ms' | 'resolve_after_ms';

/** What is left out of a target's pattern is literal. */
export type AlertTarget =
  | { readonly type: 'topic' | 'group'; readonly name: string; readonly pattern?: 'literal' | 'prefixed' }
  | { readonly type: 'cluster' | 'organization' };

type WithTarget<T> = Omit<T, 'target'> & { readonly target: AlertTarget };

/** When somebody is to be told; without a comparison above the threshold, without times at once. */
export type AlertCondition = WithTarget<Optional<AlertPreviewRequestJson, Defaulted>>;

export type CreateAlertOptions = WithTarget<Optional<AlertCreateJson, Defaulted | 'repeat_ms'>>;

/** What is absent stays. */
export type AlertChange = Omit<AlertAlterJson, 'target'> & { readonly target?: AlertTarget };

type Cancellable = { readonly signal?: AbortSignal };

/** The alerts of a cluster. Every verb rejects with a MillraceError. */
export class Alerts {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  create(options: CreateAlertOptions): Promise<IssuedAlert> {
    return this.#door.json({ method: 'POST', path: '/v1/alerts', body: jsonBody(options) });
  }

  async list({ signal }: Cancellable = {}): Promise<readonly Alert[]> {
    const { alerts } = await this.#door.json<AlertListJson>({ method: 'GET', path: '/v1/alerts', signal });
    return alerts;
  }

  describe(alertId: string, { signal }: Cancellable = {}): Promise<Alert> {
    return this.#door.json({ method: 'GET', path: alertPath(alertId), signal });
  }

  alter(alertId: string, change: AlertChange): Promise<Alert> {
    return this.#door.json({ method: 'PATCH', path: alertPath(alertId), body: jsonBody(change) });
  }

  delete(alertId: string): Promise<void> {
    return this.#door.empty({ method: 'DELETE', path: alertPath(alertId) });
  }

  /** Messages are signed with both secrets for `overlapMs`, a day by default. */
  rotateSecret(alertId: string, { overlapMs }: { readonly overlapMs?: number | undefined } = {}): Promise<IssuedAlert> {
    const body = jsonBody({ overlap_ms: overlapMs });
    return this.#door.json({ method: 'POST', path: `${alertPath(alertId)}/rotate-secret`, body });
  }

  /** Sends a message that says it is a test, and waits for what the receiver answers. */
  test(alertId: string): Promise<WebhookDelivery> {
    return this.#door.json({ method: 'POST', path: `${alertPath(alertId)}/test` });
  }

  history(alertId: string, { signal }: Cancellable = {}): Promise<AlertHistory> {
    return this.#door.json({ method: 'GET', path: `${alertPath(alertId)}/history`, signal });
  }

  preview(condition: AlertCondition, { signal }: Cancellable = {}): Promise<AlertPreview> {
    return this.#door.json({ method: 'POST', path: '/v1/alerts/preview', body: jsonBody(condition), signal });
  }
}

function alertPath(alertId: string): string {
  return `/v1/alerts/${encodeURIComponent(alertId)}`;
}
