import { checkEach, describable } from '../../authorization/access-check.ts';
import type { Principal } from '../../authorization/principal.ts';
import {
  type GroupResetListJson,
  type OffsetPlanJson,
  type OffsetResetJson,
  offsetResetSchema,
  resetUndoSchema,
  type UndoPlanJson,
} from '../../contracts/groups.ts';
import type { Result } from '../../errors/result.ts';
import type { PlannedUndo, ResetScope, ResetTarget } from '../../gateway/offset-reset.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { groupRefOf } from './group-members.ts';

const resetGroupOffsets: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, offsetResetSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { topics, to, dry_run: isDryRun = false } = body.value;
  const { groupId } = groupRefOf(c);
  const scope = scopeOf(topics);
  const named = checkReset(c.env.principal, scope?.keys() ?? [], to);
  if (!named.ok) return problemAnswer(named.error);
  const planned = await c.env.groups.reset.plan(groupId, scope, targetOf(to));
  if (!planned.ok) return problemAnswer(planned.error);
  const applied = await applyPlan(c, planned.value, { isDryRun, undoes: null });
  if (!applied.ok) return problemAnswer(applied.error);
  return jsonAnswer({
    dry_run: isDryRun,
    reset_id: applied.value,
    partitions: planned.value.map(planJson),
  } satisfies OffsetPlanJson);
};

const listGroupResets: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const listed = await c.env.groups.reset.list(groupRefOf(c).groupId);
  if (!listed.ok) return problemAnswer(listed.error);
  return jsonAnswer({
    resets: listed.value.map(({ resetId, resetAtMs, undoes, changes }) => {
      const shown = describable(c.env.principal, 'TOPIC', changes, ({ topic }) => topic);
      return {
        reset_id: resetId,
        reset_at: resetAtMs,
        undoes,
        topics: [...new Set(shown.map(({ topic }) => topic))],
        partitions: shown.length,
      };
    }),
  } satisfies GroupResetListJson);
};

const undoGroupReset: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const body = await readJson(c.req.raw, resetUndoSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { reset_id: resetId = null, dry_run: isDryRun = false } = body.value;
  const planned = await c.env.groups.reset.planUndo(groupRefOf(c).groupId, resetId);
  if (!planned.ok) return problemAnswer(planned.error);
  const { plan, resetId: undoes } = planned.value;
  const applied = await applyPlan(c, plan, { isDryRun, undoes });
  if (!applied.ok) return problemAnswer(applied.error);
  return jsonAnswer({
    dry_run: isDryRun,
    undoes,
    reset_id: applied.value,
    partitions: plan.map(planJson),
  } satisfies UndoPlanJson);
};

export const groupResetHandlers = {
  resetGroupOffsets,
  listGroupResets,
  undoGroupReset,
} as const satisfies Record<string, Handler>;

/** Who may not read a topic may not know its offsets either, so this comes before a dry run is answered too. */
async function applyPlan(
  c: Parameters<Handler>[0],
  plan: readonly PlannedUndo[],
  { isDryRun, undoes }: { readonly isDryRun: boolean; readonly undoes: number | null },
): Promise<Result<number | null>> {
  const topics = plan.map(({ topic }) => topic);
  const allowed = checkEach(c.env.principal, 'READ', 'TOPIC', topics);
  if (!allowed.ok) return allowed;
  if (isDryRun) return { ok: true, value: null };
  const { groupId } = groupRefOf(c);
  const recorded = await c.env.recordAttempt(undoes === null ? 'groups.reset' : 'groups.undo_reset', groupId);
  if (!recorded.ok) return recorded;
  const applied = await c.env.groups.reset.apply(groupId, plan, undoes);
  return applied.ok ? { ok: true, value: applied.value.resetId } : applied;
}

function planJson<Planned extends PlannedUndo>(planned: Planned) {
  return {
    topic: planned.topic,
    partition: planned.partition,
    current: planned.current,
    offset: planned.offset as Planned['offset'],
    log_start_offset: planned.logStartOffset,
    high_watermark: planned.highWatermark,
    clamped: planned.isClamped,
  };
}

/** The topics that are named, and the group whose offsets are taken over. */
function checkReset(principal: Principal, topics: Iterable<string>, to: OffsetResetJson['to']): Result<null> {
  const allowed = checkEach(principal, 'READ', 'TOPIC', topics);
  if (!allowed.ok || typeof to === 'string' || !('group' in to)) return allowed;
  return checkEach(principal, 'DESCRIBE', 'GROUP', [to.group]);
}

function scopeOf(topics: OffsetResetJson['topics']): ResetScope | null {
  if (topics === undefined) return null;
  return new Map(Array.isArray(topics) ? topics.map((topic) => [topic, null]) : Object.entries(topics));
}

function targetOf(to: OffsetResetJson['to']): ResetTarget {
  if (typeof to === 'string') return { kind: to };
  if ('timestamp' in to) return { kind: 'timestamp', timestampMs: to.timestamp };
  if ('offset' in to) return { kind: 'offset', offset: to.offset };
  if ('shift' in to) return { kind: 'shift', by: to.shift };
  return { kind: 'group', groupId: to.group };
}
