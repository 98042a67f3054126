import { type PrincipalQuotas, type QuotaKind, type QuotaRate, quotaKinds } from '../authorization/quota-rates.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { type Caps, capKinds, capMaxima, capOf } from '../limits/caps.ts';
import type { OperatorQuotas, QuotaOverrides } from '../limits/operator-rates.ts';
import { limits } from '../limits.ts';

/** What a quota is set for: the organization, a key by its id, a topic by its name. */
export type QuotaEntityType = 'organization' | 'key' | 'topic';

/** The quotas of one entity; null bounds nothing. */
export type EntityQuotas = {
  readonly type: QuotaEntityType;
  /** The cluster of a topic; null for the others. */
  readonly clusterId: string | null;
  /** Empty for the organization. */
  readonly name: string;
  /** How many the organization may have of what it creates; of a key its connections alone, of a topic absent. */
  readonly caps?: Caps;
} & { readonly [Kind in QuotaKind]: number | null };

/** All quotas of an organization, an entity once. */
export type QuotaSettings = readonly EntityQuotas[];

/** An organization's quotas, with what else bounds it. */
export type QuotaDescription = {
  readonly settings: QuotaSettings;
  /** What the operator says of it in the place of what holds for all organizations. */
  readonly overrides: QuotaOverrides;
  /** What the operator bounds it to, all told. */
  readonly operator: OperatorQuotas;
  /** What it keeps, as far as partitions have told. */
  readonly storedBytes: number;
};

/** The column holds `{}` until a quota is set. */
export function parseQuotaSettings(text: string): QuotaSettings {
  return (JSON.parse(text) as { entities?: QuotaSettings }).entities ?? [];
}

export function quotaSettingsText(entities: QuotaSettings): string {
  return JSON.stringify({ entities });
}

/** Puts in what is given for an entity in the place of what was there; one without any bound is taken out. */
export function alterQuotas(settings: QuotaSettings, changes: QuotaSettings): Result<QuotaSettings> {
  const bySubject = new Map(settings.map((entity) => [subjectOf(entity), entity]));
  for (const change of changes) {
    const checked = checkQuotas(change);
    if (!checked.ok) return checked;
    const isBound = quotaKinds.some((kind) => change[kind] !== null) || Object.keys(change.caps ?? {}).length > 0;
    if (isBound) bySubject.set(subjectOf(change), change);
    else bySubject.delete(subjectOf(change));
  }
  const max = limits.quotasPerOrganization.value;
  if (bySubject.size <= max) return ok([...bySubject.values()]);
  return failed('LIMIT_REACHED', `An organization has quotas for at most ${max} keys and topics.`, { max });
}

function checkQuotas(entity: EntityQuotas): Result<null> {
  const { type, name } = entity;
  if ((type === 'organization') !== (name === '')) {
    return failed('INVALID_REQUEST', 'A quota of a key or topic names it; that of the organization names nothing.');
  }
  const kinds = Object.keys(entity.caps ?? {});
  if (type !== 'organization' && kinds.some((kind) => type !== 'key' || kind !== 'connections')) {
    return failed('INVALID_REQUEST', "Caps are the organization's; a key has that on connections alone, a topic none.");
  }
  const tooHigh = capKinds.find((kind) => (entity.caps?.[kind] ?? 0) > capMaxima[kind]);
  if (tooHigh !== undefined) {
    return failed('INVALID_REQUEST', `The platform allows ${capMaxima[tooHigh]} ${tooHigh} at most.`, { cap: tooHigh });
  }
  const bad = quotaKinds.find((kind) => entity[kind] !== null && !(entity[kind] >= 1));
  return bad === undefined ? ok(null) : failed('INVALID_REQUEST', 'A quota is at least 1 a second, or null for none.');
}

/** What holds for a key; undefined when nothing does. */
export function quotasOfKey(settings: QuotaSettings, keyId: string, clusterId: string): PrincipalQuotas | undefined {
  const own: QuotaRate[] = [];
  const topics: Record<string, readonly QuotaRate[]> = Object.create(null);
  let count = 0;
  for (const entity of settings) {
    const isOwn = entity.type === 'organization' || (entity.type === 'key' && entity.name === keyId);
    if (isOwn) own.push(...ratesOf(entity));
    else if (entity.type === 'topic' && entity.clusterId === clusterId) topics[entity.name] = ratesOf(entity);
    else continue;
    count += 1;
  }
  if (count === 0) return undefined;
  const areConnectionsCapped = capsOf(settings).connections ?? connectionsOfKey(settings, keyId);
  return { own, topics: { ...topics }, ...(areConnectionsCapped === undefined ? {} : { areConnectionsCapped: true }) };
}

/** How many connections a key, or a member by its id, may have at once; undefined when that is not bounded. */
export function connectionsOfKey(settings: QuotaSettings, keyId: string): number | undefined {
  return settings.find(({ type, name }) => type === 'key' && name === keyId)?.caps?.connections;
}

/** How many the organization may have of what it creates. */
export function capsOf(settings: QuotaSettings): Caps {
  return settings.find(({ type }) => type === 'organization')?.caps ?? {};
}

/** The settings as they hold: of what the operator says and what the organization says itself, the lower. */
export function effectiveQuotas(settings: QuotaSettings, { rates, caps }: OperatorQuotas): QuotaSettings {
  const { connections } = caps;
  if (Object.keys(rates).length === 0 && connections === undefined) return settings;
  const own = settings.find(({ type }) => type === 'organization') ?? unbounded;
  const bounded = {
    ...own,
    requests: lower(own.requests, rates.requests),
    produceBytes: lower(own.produceBytes, rates.produceBytes),
    fetchBytes: lower(own.fetchBytes, rates.fetchBytes),
    ...(connections === undefined
      ? {}
      : { caps: { ...own.caps, connections: capOf('connections', own.caps ?? {}, caps) } }),
  };
  return [bounded, ...settings.filter((entity) => entity !== own)];
}

/** How many bytes may be kept, by all who say it; null when nobody does. */
export function storageMaxOf(...caps: readonly Caps[]): number | null {
  const said = caps.flatMap(({ storageBytes }) => storageBytes ?? []);
  return said.length === 0 ? null : Math.min(...said);
}

const unbounded: EntityQuotas = {
  type: 'organization',
  clusterId: null,
  name: '',
  requests: null,
  produceBytes: null,
  fetchBytes: null,
};

const lower = (own: number | null, operators: number | undefined): number | null =>
  operators === undefined ? own : Math.min(own ?? operators, operators);

/** Every bound there is, by subject and kind. */
export function allRates(settings: QuotaSettings): readonly QuotaRate[] {
  return settings.flatMap(ratesOf);
}

function ratesOf(entity: EntityQuotas): QuotaRate[] {
  const subject = subjectOf(entity);
  return quotaKinds.flatMap((kind) => {
    const perSecond = entity[kind];
    return perSecond === null ? [] : [{ subject, kind, perSecond }];
  });
}

function subjectOf({ type, clusterId, name }: Pick<EntityQuotas, 'type' | 'clusterId' | 'name'>): string {
  return type === 'topic' ? `topic:${clusterId}/${name}` : `${type}:${name}`;
}
