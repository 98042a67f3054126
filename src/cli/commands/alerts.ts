import type { Alert, AlertCondition, AlertTarget, IssuedAlert, WebhookDelivery } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { durationOf, parseDurationMs } from '../input/duration.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const alerts: Command = {
  help: `Usage: millrace alerts create NAME --metric METRIC --on TARGET (--above N | --below N) --webhook URL
                              [--for 10m] [--resolve-after 5m] [--repeat 4h]
       millrace alerts preview --metric METRIC --on TARGET (--above N | --below N) [--for 10m] [--resolve-after 5m]
       millrace alerts list
       millrace alerts describe ALERT
       millrace alerts alter ALERT [--name TEXT] [--metric METRIC] [--on TARGET] [--above N | --below N] [--webhook URL]
                             [--for 10m] [--resolve-after 5m] [--repeat 4h]
       millrace alerts mute ALERT --for 2h
       millrace alerts unmute ALERT
       millrace alerts test ALERT
       millrace alerts history ALERT
       millrace alerts rotate-secret ALERT [--overlap 1h]
       millrace alerts delete ALERT

Tells a webhook when something is beyond a threshold for as long as --for says, and when it is not any more. It is looked
at every five minutes. The messages are signed as https://www.standardwebhooks.com has it; the secret that verifies them
is printed once. Preview says when a rule would have fired within the last day.

  --metric    lag, lag_ms                    of a consumer group: records, and how long the next one has waited
              records_in_per_second, bytes_in_per_second, stored_bytes, damaged_ranges
                                             of a topic or the cluster
              budget_percent                 of the organization
  --on        group:billing, topic:orders, topic:web-* (each that begins so), cluster, organization
  --above, --below   in the unit of the metric; lag_ms takes durations too, such as 5m
  --repeat    tell again while it goes on; "never" is the default

Examples:
  millrace alerts create "Billing is behind" --metric lag_ms --on group:billing --above 10m --webhook https://...
  millrace alerts create Silent --metric records_in_per_second --on topic:orders --below 0.1 --for 15m --webhook https://...
  millrace alerts preview --metric lag --on 'group:*' --above 1000
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('alerts', {
  create,
  preview,
  list,
  describe,
  alter,
  mute,
  unmute,
  test,
  history,
  'rotate-secret': rotateSecret,
  delete: remove,
});

const conditionOptions = {
  metric: { type: 'string' },
  on: { type: 'string' },
  above: { type: 'string' },
  below: { type: 'string' },
  for: { type: 'string' },
  'resolve-after': { type: 'string' },
} as const;

const settingOptions = { ...conditionOptions, repeat: { type: 'string' }, webhook: { type: 'string' } } as const;

type ConditionValues = { readonly [Option in keyof typeof conditionOptions]?: string | undefined };

/** What of a condition was given. */
function givenCondition(values: ConditionValues) {
  const { metric, on, above, below } = values;
  if (above !== undefined && below !== undefined) throw new UsageError('give --above or --below, not both.');
  const threshold = above ?? below;
  const given = {
    metric: metric as AlertCondition['metric'] | undefined,
    target: on === undefined ? undefined : targetOf(on),
    comparison: above !== undefined ? ('above' as const) : below !== undefined ? ('below' as const) : undefined,
    threshold: threshold === undefined ? undefined : thresholdOf(threshold),
    for_ms: timeOf(values.for, '--for'),
    resolve_after_ms: timeOf(values['resolve-after'], '--resolve-after'),
  };
  return given;
}

function wholeCondition(values: ConditionValues): AlertCondition {
  const { metric, target, threshold, ...rest } = givenCondition(values);
  if (metric === undefined || target === undefined || threshold === undefined) {
    throw new UsageError('say what to look at: --metric, --on, and --above or --below.');
  }
  return { metric, target, threshold, ...rest };
}

function targetOf(text: string): AlertTarget {
  if (text === 'cluster' || text === 'organization') return { type: text };
  const [, type, name] = /^(topic|group):(.*)$/s.exec(text) ?? [];
  if (type === undefined || name === undefined || name === '') {
    throw new UsageError('--on is topic:NAME, group:NAME, cluster or organization; a NAME may end in *.');
  }
  const isPrefix = name.endsWith('*');
  return {
    type: type as 'topic' | 'group',
    name: isPrefix ? name.slice(0, -1) : name,
    pattern: isPrefix ? 'prefixed' : 'literal',
  };
}

function thresholdOf(text: string): number {
  const value = parseDurationMs(text) ?? (/^\d+(\.\d+)?$/.test(text) ? Number(text) : null);
  if (value === null) throw new UsageError('--above and --below take a number, or a duration such as 5m.');
  return value;
}

const timeOf = (text: string | undefined, option: string) => (text === '0' ? 0 : durationOf(text, option));

const repeatOf = (text: string | undefined) => (text === 'never' ? null : durationOf(text, '--repeat'));

async function create(invocation: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(invocation.argv, settingOptions);
  const [name] = requirePositionals(positionals, ['the name of the alert']);
  if (values.webhook === undefined) throw new UsageError('say whom to tell: --webhook URL.');
  const issued = await invocation.client.alerts.create({
    name: name!,
    ...wholeCondition(values),
    repeat_ms: repeatOf(values.repeat),
    webhook_url: values.webhook,
  });
  printIssued(
    invocation,
    issued,
    `created alert ${issued.alert_id}: ${issued.condition}; its secret, shown this once:`,
  );
}

async function alter({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { ...settingOptions, name: { type: 'string' } });
  const [alertId] = requirePositionals(positionals, ['the alert']);
  const settings = { name: values.name, repeat_ms: repeatOf(values.repeat), webhook_url: values.webhook };
  const altered = await client.alerts.alter(alertId!, { ...givenCondition(values), ...settings });
  if (json) output.line(JSON.stringify(altered));
  else terminal.say(`altered alert ${altered.alert_id}: ${altered.condition}`);
}

async function mute({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { for: { type: 'string' } });
  const [alertId] = requirePositionals(positionals, ['the alert']);
  const lastingMs = durationOf(values.for, '--for');
  if (lastingMs === undefined) throw new UsageError('say for how long: --for 2h.');
  const until = Date.now() + lastingMs;
  const muted = await client.alerts.alter(alertId!, { muted_until: until });
  if (json) output.line(JSON.stringify(muted));
  else terminal.say(`muted alert ${alertId} until ${momentOf(until)}`);
}

async function unmute({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const [alertId] = requirePositionals(parseArguments(argv, {}).positionals, ['the alert']);
  const altered = await client.alerts.alter(alertId!, { muted_until: null });
  if (json) output.line(JSON.stringify(altered));
  else terminal.say(`alert ${alertId} is not muted any more`);
}

async function rotateSecret(invocation: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(invocation.argv, { overlap: { type: 'string' } });
  const [alertId] = requirePositionals(positionals, ['the alert']);
  const overlapMs = timeOf(values.overlap, '--overlap');
  const issued = await invocation.client.alerts.rotateSecret(alertId!, { overlapMs });
  printIssued(invocation, issued, `alert ${issued.alert_id} has a new secret, shown this once:`);
}

function printIssued({ output, terminal, json }: Invocation, issued: IssuedAlert, headline: string): void {
  if (json) {
    output.line(JSON.stringify(issued));
    return;
  }
  terminal.say(headline);
  output.line(issued.secret);
}

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const all = await client.alerts.list();
  if (json) {
    for (const alert of all) output.line(JSON.stringify(alert));
    return;
  }
  const rows = all.map((alert) => [alert.alert_id, alert.name, stateOf(alert), alert.condition, alert.webhook_host]);
  output.line(renderTable(['ALERT', 'NAME', 'STATE', 'WHEN', 'TELLS'], rows));
}

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  const [alertId] = requirePositionals(parseArguments(argv, {}).positionals, ['the alert']);
  const alert = await client.alerts.describe(alertId!);
  if (json) {
    output.line(JSON.stringify(alert));
    return;
  }
  output.line(`alert    ${alert.alert_id}`);
  output.line(`name     ${alert.name}`);
  output.line(`when     ${alert.condition}`);
  output.line(`state    ${stateOf(alert)}`);
  output.line(`now      ${alert.value ?? '-'}`);
  output.line(`tells    ${alert.webhook_url ?? alert.webhook_host}`);
  output.line(`muted    ${alert.muted_until === null ? 'no' : `until ${momentOf(alert.muted_until)}`}`);
  output.line(`created  ${momentOf(alert.created_at)} by ${alert.created_by}`);
  if (alert.subjects.length === 0) return;
  output.line('');
  const rows = alert.subjects.map(({ subject, state, since, value }) => [
    nameOf(subject, alert),
    state,
    momentOf(since),
    value,
  ]);
  output.line(renderTable(['SUBJECT', 'STATE', 'SINCE', 'VALUE'], rows));
}

async function test({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const [alertId] = requirePositionals(parseArguments(argv, {}).positionals, ['the alert']);
  const delivery = await client.alerts.test(alertId!);
  if (json) output.line(JSON.stringify(delivery));
  else terminal.say(`${delivery.state}: ${answerOf(delivery)}`);
}

async function history({ argv, client, output, json }: Invocation): Promise<void> {
  const [alertId] = requirePositionals(parseArguments(argv, {}).positionals, ['the alert']);
  const past = await client.alerts.history(alertId!);
  if (json) {
    output.line(JSON.stringify(past));
    return;
  }
  const events = past.events.map(({ at, kind, subject, value }) => [momentOf(at), kind, subject ?? '-', value]);
  output.line(renderTable(['AT', 'WHAT', 'SUBJECT', 'VALUE'], events));
  output.line('');
  const rows = past.deliveries.map((delivery) => [
    momentOf(delivery.created_at),
    delivery.kind,
    delivery.subject ?? '-',
    delivery.state,
    delivery.attempts,
    answerOf(delivery),
  ]);
  output.line(renderTable(['MESSAGE OF', 'WHAT', 'SUBJECT', 'STATE', 'ATTEMPTS', 'ANSWER'], rows));
}

async function preview({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, conditionOptions);
  requirePositionals(positionals, []);
  const seen = await client.alerts.preview(wholeCondition(values));
  if (json) {
    output.line(JSON.stringify(seen));
    return;
  }
  if (!seen.is_kept) {
    output.line('No past is kept of this metric.');
    return;
  }
  output.line(`would have fired ${seen.fired} times within the last day`);
  const rows = seen.subjects.flatMap(({ subject, alerts: fired }) =>
    fired.map(({ fired_at, resolved_at, value }) => [
      subject ?? '-',
      momentOf(fired_at),
      resolved_at === null ? '-' : momentOf(resolved_at),
      value,
    ]),
  );
  if (rows.length > 0) output.line(renderTable(['SUBJECT', 'FIRED', 'RESOLVED', 'VALUE'], rows));
}

async function remove(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const [alertId] = requirePositionals(parseArguments(argv, {}).positionals, ['the alert']);
  await client.alerts.delete(alertId!);
  answer(invocation, { alert_id: alertId, deleted: true }, `deleted alert ${alertId}`);
}

function stateOf({ state, muted_until }: Alert): string {
  return muted_until !== null && muted_until > Date.now() ? `${state}, muted` : state;
}

const nameOf = (subject: string | null, { target }: Alert) => subject ?? target.type;

const answerOf = ({ status, error }: WebhookDelivery) => (status === null ? (error ?? '-') : `HTTP ${status}`);

const momentOf = (ms: number) => new Date(ms).toISOString();
