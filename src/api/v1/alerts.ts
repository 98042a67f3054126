import type { AlertCommand, AlertReply } from '../../alerts/alert-command.ts';
import type { AlertTarget } from '../../alerts/alert-rule.ts';
import { checkAccess } from '../../authorization/access-check.ts';
import { organizationResource } from '../../authorization/acl-binding.ts';
import { mayAccess } from '../../authorization/authorize.ts';
import type { Principal } from '../../authorization/principal.ts';
import {
  type AlertListJson,
  alertAlterSchema,
  alertCreateSchema,
  alertPreviewRequestSchema,
  alertSecretRotateSchema,
} from '../../contracts/alerts.ts';
import { assert } from '../../errors/assert.ts';
import { ok, type Result } from '../../errors/result.ts';
import { emptyAnswer, jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { ApiContext, Handler } from '../services.ts';
import { alertJson, conditionOf, deliveryJson, historyJson, previewJson } from './alert-json.ts';
import { withoutCredentials } from './organization-access.ts';

/** Long enough to change over whatever verifies messages, with a night in between. */
const defaultOverlapMs = 24 * 60 * 60 * 1000;

const alertIdOf = (c: ApiContext) => c.req.param('alert') ?? '';

async function call<Kind extends AlertReply['kind']>(
  { env }: ApiContext,
  command: AlertCommand,
  kind: Kind,
): Promise<Result<Extract<AlertReply, { kind: Kind }>>> {
  const called = await env.catalog.callAlerts(env.cluster, command);
  if (!called.ok) return called;
  assert(called.value.kind === kind, 'a command has its own reply');
  return ok(called.value as Extract<AlertReply, { kind: Kind }>);
}

/** What is measured is for who may see it. An open platform has no organization, and so no budget. */
function checkTarget(principal: Principal, target: AlertTarget): Result<null> {
  if (target.type === 'organization') {
    if (principal.kind === 'anonymous') return withoutCredentials;
    const described = { operation: 'DESCRIBE', resourceType: 'ORGANIZATION' } as const;
    return checkAccess(principal, { ...described, resourceName: organizationResource });
  }
  if (!('name' in target) || target.pattern === 'prefixed') return ok(null);
  const resourceType = target.type === 'topic' ? 'TOPIC' : 'GROUP';
  return checkAccess(principal, { operation: 'DESCRIBE', resourceType, resourceName: target.name });
}

/** As {@link checkTarget}, for lists. */
function isVisible(principal: Principal, target: AlertTarget): boolean {
  if (!('name' in target) || target.pattern === 'prefixed') return true;
  const resourceType = target.type === 'topic' ? 'TOPIC' : 'GROUP';
  return mayAccess(principal, { operation: 'DESCRIBE', resourceType, resourceName: target.name });
}

const createAlert: Handler = async (c) => {
  const body = await readJson(c.req.raw, alertCreateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { principal } = c.env;
  const { name, repeat_ms: repeatMs, webhook_url: webhookUrl, ...given } = body.value;
  const condition = conditionOf(given);
  const allowed = checkTarget(principal, condition.target);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const settings = { name, condition, repeatMs, webhookUrl };
  const issued = await call(c, { kind: 'create', settings, createdBy: principal.id }, 'issued');
  if (!issued.ok) return problemAnswer(issued.error);
  return jsonAnswer({ ...alertJson(principal, issued.value.alert), secret: issued.value.secret }, 201);
};

const listAlerts: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  const listed = await call(c, { kind: 'list' }, 'alerts');
  if (!listed.ok) return problemAnswer(listed.error);
  const seen = listed.value.alerts.filter(({ condition }) => isVisible(principal, condition.target));
  return jsonAnswer({ alerts: seen.map((alert) => alertJson(principal, alert)) } satisfies AlertListJson);
};

const describeAlert: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  const described = await call(c, { kind: 'describe', alertId: alertIdOf(c) }, 'alert');
  if (!described.ok) return problemAnswer(described.error);
  const { alert } = described.value;
  const allowed = checkTarget(principal, alert.condition.target);
  return allowed.ok ? jsonAnswer(alertJson(principal, alert)) : problemAnswer(allowed.error);
};

const alterAlert: Handler = async (c) => {
  const body = await readJson(c.req.raw, alertAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { principal } = c.env;
  const { metric, target, comparison, threshold, for_ms: forMs, resolve_after_ms: resolveAfterMs } = body.value;
  const { name, repeat_ms: repeatMs, webhook_url: webhookUrl, muted_until: mutedUntilMs } = body.value;
  const allowed = target === undefined ? ok(null) : checkTarget(principal, target);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const condition = { metric, target, comparison, threshold, forMs, resolveAfterMs };
  const change = { name, condition, repeatMs, webhookUrl, mutedUntilMs };
  const altered = await call(c, { kind: 'alter', alertId: alertIdOf(c), change }, 'alert');
  return altered.ok ? jsonAnswer(alertJson(principal, altered.value.alert)) : problemAnswer(altered.error);
};

const deleteAlert: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const deleted = await call(c, { kind: 'delete', alertId: alertIdOf(c) }, 'done');
  return deleted.ok ? emptyAnswer(204) : problemAnswer(deleted.error);
};

const rotateAlertSecret: Handler = async (c) => {
  const body = await readJson(c.req.raw, alertSecretRotateSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { overlap_ms: overlapMs = defaultOverlapMs } = body.value;
  const issued = await call(c, { kind: 'rotateSecret', alertId: alertIdOf(c), overlapMs }, 'issued');
  if (!issued.ok) return problemAnswer(issued.error);
  return jsonAnswer({ ...alertJson(c.env.principal, issued.value.alert), secret: issued.value.secret });
};

const testAlert: Handler = async (c) => {
  const sent = await call(c, { kind: 'test', alertId: alertIdOf(c) }, 'delivery');
  return sent.ok ? jsonAnswer(deliveryJson(sent.value.delivery)) : problemAnswer(sent.error);
};

const readAlertHistory: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const { principal } = c.env;
  const read = await call(c, { kind: 'history', alertId: alertIdOf(c) }, 'history');
  if (!read.ok) return problemAnswer(read.error);
  const allowed = checkTarget(principal, read.value.alert.condition.target);
  return allowed.ok ? jsonAnswer(historyJson(principal, read.value)) : problemAnswer(allowed.error);
};

const previewAlert: Handler = async (c) => {
  const body = await readJson(c.req.raw, alertPreviewRequestSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { principal } = c.env;
  const condition = conditionOf(body.value);
  const allowed = checkTarget(principal, condition.target);
  if (!allowed.ok) return problemAnswer(allowed.error);
  const preview = await call(c, { kind: 'preview', condition }, 'preview');
  if (!preview.ok) return problemAnswer(preview.error);
  return jsonAnswer(previewJson(principal, condition.target, preview.value));
};

export const alertHandlers = {
  createAlert,
  listAlerts,
  previewAlert,
  describeAlert,
  alterAlert,
  deleteAlert,
  rotateAlertSecret,
  testAlert,
  readAlertHistory,
} as const satisfies Record<string, Handler>;
