import { Partition } from '../../durable-objects/partition.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';

/** Stands in for the insert of a row: it writes nothing, so that nothing is committed. */
const nothing = 'SELECT 1 WHERE 0';

/**
 * The platform's own partition with everything but the storing: it checks, groups, plans and answers, and the rows it
 * would insert are dropped. What the platform takes longer than this is the price of durability alone.
 */
class UnstoredPartition extends Partition {
  constructor(ctx: DurableObjectState, env: Env) {
    super(withoutRows(ctx), env);
  }
}

function withoutRows(ctx: DurableObjectState): DurableObjectState {
  const sql = ctx.storage.sql;
  const execute = sql.exec.bind(sql);
  const exec: SqlStorage['exec'] = (statement, ...bindings) =>
    statement.startsWith('INSERT INTO segment_') ? execute(nothing) : execute(statement, ...bindings);
  Object.defineProperty(sql, 'exec', { value: exec });
  return ctx;
}

export { Cluster, default, Main, Relay } from '../../src/worker.ts';
export { UnstoredPartition as Partition };
