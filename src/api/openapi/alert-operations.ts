import {
  alertAlterSchema,
  alertCreateSchema,
  alertHistorySchema,
  alertListSchema,
  alertPreviewRequestSchema,
  alertPreviewSchema,
  alertSchema,
  alertSecretRotateSchema,
  issuedAlertSchema,
  webhookDeliverySchema,
} from '../../contracts/alerts.ts';
import { onCluster } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'Alerts';

/** A message tells what is measured of a topic or group, and that is for who may see it. */
const toLook = onCluster('DESCRIBE', 'DESCRIBE of a topic or group that is named; others are left out');

const toChange = onCluster('ALTER_CONFIGS', 'DESCRIBE of the topic, group or organization that is watched');

const condition = { metric: 'lag', target: { type: 'group', name: 'billing' }, threshold: 1_000, for_ms: 600_000 };

const errors = [...objectErrors, 'UNKNOWN_RESOURCE'] as const;

export const alertOperations = {
  createAlert: {
    method: 'POST',
    path: '/v1/alerts',
    authorization: toChange,
    tag,
    summary: 'Create an alert',
    description:
      'Its webhook is sent messages with a signature of https://www.standardwebhooks.com. The secret is in this answer and nowhere else.',
    requestBody: {
      [json]: {
        schema: alertCreateSchema,
        example: { name: 'Billing is behind', ...condition, webhook_url: 'https://hooks.example.com/millrace' },
      },
    },
    answers: { 201: { description: 'The alert.', content: { [json]: { schema: issuedAlertSchema } } } },
    errors: [...bodyErrors, ...errors, 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  listAlerts: {
    method: 'GET',
    path: '/v1/alerts',
    authorization: toLook,
    tag,
    summary: 'List the alerts of the cluster, with how they stand',
    answers: { 200: { description: 'All of them, by name.', content: { [json]: { schema: alertListSchema } } } },
    errors: [...errors, 'INVALID_REQUEST'],
  },
  previewAlert: {
    method: 'POST',
    path: '/v1/alerts/preview',
    authorization: toLook,
    tag,
    summary: 'When would a rule have fired within the last day?',
    requestBody: { [json]: { schema: alertPreviewRequestSchema, example: condition } },
    answers: { 200: { description: 'When.', content: { [json]: { schema: alertPreviewSchema } } } },
    errors: [...bodyErrors, ...errors],
  },
  describeAlert: {
    method: 'GET',
    path: '/v1/alerts/{alert}',
    authorization: toLook,
    tag,
    summary: 'Describe an alert',
    answers: { 200: { description: 'The alert.', content: { [json]: { schema: alertSchema } } } },
    errors: [...errors, 'INVALID_REQUEST'],
  },
  alterAlert: {
    method: 'PATCH',
    path: '/v1/alerts/{alert}',
    authorization: toChange,
    tag,
    summary: 'Change or mute an alert',
    description: 'When what it watches changes it begins anew: what fires is resolved first.',
    requestBody: { [json]: { schema: alertAlterSchema, example: { threshold: 5_000, muted_until: null } } },
    answers: { 200: { description: 'The alert.', content: { [json]: { schema: alertSchema } } } },
    errors: [...bodyErrors, ...errors, 'SECURITY_DISABLED'],
  },
  deleteAlert: {
    method: 'DELETE',
    path: '/v1/alerts/{alert}',
    authorization: onCluster('ALTER_CONFIGS'),
    tag,
    summary: 'Delete an alert, and all that is kept of it',
    answers: { 204: { description: 'It is gone; nobody is told.' } },
    errors: [...errors, 'INVALID_REQUEST'],
  },
  rotateAlertSecret: {
    method: 'POST',
    path: '/v1/alerts/{alert}/rotate-secret',
    authorization: onCluster('ALTER_CONFIGS'),
    tag,
    summary: 'Give an alert a new secret',
    requestBody: { [json]: { schema: alertSecretRotateSchema, example: { overlap_ms: 3_600_000 } } },
    answers: { 200: { description: 'The alert.', content: { [json]: { schema: issuedAlertSchema } } } },
    errors: [...bodyErrors, ...errors],
  },
  testAlert: {
    method: 'POST',
    path: '/v1/alerts/{alert}/test',
    authorization: onCluster('ALTER_CONFIGS'),
    tag,
    summary: 'Send a message that says it is a test, and see what the receiver answers',
    answers: { 200: { description: 'What became of it.', content: { [json]: { schema: webhookDeliverySchema } } } },
    errors: [...errors, 'INVALID_REQUEST'],
  },
  readAlertHistory: {
    method: 'GET',
    path: '/v1/alerts/{alert}/history',
    authorization: toLook,
    tag,
    summary: 'What an alert did, and what became of its messages',
    answers: {
      200: { description: 'The last hundred of each.', content: { [json]: { schema: alertHistorySchema } } },
    },
    errors: [...errors, 'INVALID_REQUEST'],
  },
} as const satisfies Record<string, Operation>;
