import type { PastAlert } from './alert-preview.ts';
import type { AlertCondition, AlertSettings } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';

/** A rule as it is stored, without its secret. Times in ms since 1970. */
export type Alert = AlertSettings & {
  readonly alertId: string;
  /** Until when nobody is told; null: it is not muted. */
  readonly mutedUntilMs: number | null;
  /** Until when messages are signed with the secret before this one as well; null: they are not. */
  readonly previousSecretUntilMs: number | null;
  readonly createdBy: string;
  readonly createdAtMs: number;
};

/** A subject that is not fine. */
export type AlertSubject = AlertState & { readonly subject: string };

export type AlertDescription = Alert & {
  readonly subjects: readonly AlertSubject[];
  /** What was measured last; null for a prefix, and where nothing was. */
  readonly value: number | null;
};

/** Something that an alert did. */
export type AlertEvent = {
  readonly atMs: number;
  readonly subject: string;
  readonly kind: 'firing' | 'resolved';
  readonly value: number;
};

export type DeliveryKind = 'firing' | 'repeated' | 'resolved' | 'test';

/** A message to the receiver, and what became of it. */
export type WebhookDelivery = {
  /** The same for each attempt: the receiver's `webhook-id`. */
  readonly deliveryId: string;
  readonly kind: DeliveryKind;
  readonly subject: string;
  readonly createdAtMs: number;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly attempts: number;
  /** When it is tried again, while it waits. */
  readonly nextAttemptAtMs: number | null;
  readonly settledAtMs: number | null;
  /** What the receiver answered last; null when it did not. */
  readonly status: number | null;
  /** Why there was no answer. */
  readonly error: string | null;
};

type Changes<T> = { readonly [Field in keyof T]?: T[Field] | undefined };

/** What is undefined stays, in the condition too. */
export type AlertChangeRequest = Changes<Omit<AlertSettings, 'condition'>> & {
  readonly condition?: Changes<AlertCondition>;
  readonly mutedUntilMs?: number | null | undefined;
};

/** When a subject would have fired in the time that was looked at. */
export type SubjectPreview = {
  readonly subject: string;
  /** What was measured last; null where nothing was. */
  readonly value: number | null;
  readonly alerts: readonly PastAlert[];
};

/** What a cluster's object is asked about its alerts. */
export type AlertCommand =
  | { readonly kind: 'create'; readonly settings: AlertSettings; readonly createdBy: string }
  | { readonly kind: 'alter'; readonly alertId: string; readonly change: AlertChangeRequest }
  | { readonly kind: 'delete'; readonly alertId: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'describe'; readonly alertId: string }
  /** Messages are signed with the old secret too for `overlapMs`. */
  | { readonly kind: 'rotateSecret'; readonly alertId: string; readonly overlapMs: number }
  /** Sends a message at once, and answers what became of it. */
  | { readonly kind: 'test'; readonly alertId: string }
  | { readonly kind: 'history'; readonly alertId: string }
  | { readonly kind: 'preview'; readonly condition: AlertCondition }
  /** What the organization used of its budget, of the sweep; null where it has none. */
  | { readonly kind: 'recordBudget'; readonly percent: number | null };

export type AlertReply =
  | { readonly kind: 'alert'; readonly alert: AlertDescription }
  | { readonly kind: 'issued'; readonly alert: AlertDescription; readonly secret: string }
  | { readonly kind: 'alerts'; readonly alerts: readonly AlertDescription[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'delivery'; readonly delivery: WebhookDelivery }
  | {
      readonly kind: 'history';
      readonly alert: Alert;
      /** The latest first. */
      readonly events: readonly AlertEvent[];
      readonly deliveries: readonly WebhookDelivery[];
    }
  | {
      readonly kind: 'preview';
      readonly fromMs: number;
      readonly toMs: number;
      /** False for what is kept no history of; there are no subjects then. */
      readonly isKept: boolean;
      readonly subjects: readonly SubjectPreview[];
    };
