/** What one statement was billed, over all its executions. */
export type MeteredStatement = { executions: number; rowsRead: number; rowsWritten: number };

/** What the partitions of this process did since it started; all numbers only grow. */
export type MeterReading = {
  /** By statement, with the segments' table names made one. */
  readonly statements: Readonly<Record<string, MeteredStatement>>;
  /** Durable Object requests: calls, sockets accepted, messages received and alarms, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** Bytes the database of each partition takes, by object id, as of its last statement. */
  readonly databaseBytes: Readonly<Record<string, number>>;
};

const statements: Record<string, MeteredStatement> = {};
const calls: Record<string, number> = {};
const databaseBytes: Record<string, number> = {};
/** Takes the figures of each object's last statement, which no further statement has taken yet. */
const settleLast: (() => void)[] = [];

/** All objects of a Worker share one isolate locally, which is what makes a meter in a module possible. */
export function readMeter(): MeterReading {
  for (const settle of settleLast) settle();
  return { statements, calls, databaseBytes };
}

export function countCall(name: string): void {
  calls[name] = (calls[name] ?? 0) + 1;
}

/**
 * Counts what every statement of an object is billed, as the runtime's own cursors say it. The platform drains each
 * cursor before it runs the next statement, so the figures of one are taken when the next begins.
 */
export function meterStorage(ctx: DurableObjectState): DurableObjectState {
  const sql = ctx.storage.sql;
  const execute = sql.exec.bind(sql);
  let settle = () => {};
  settleLast.push(() => settle());
  const metered: SqlStorage['exec'] = (statement, ...bindings) => {
    settle();
    const cursor = execute(statement, ...bindings);
    settle = () => {
      addStatement(statement, cursor.rowsRead, cursor.rowsWritten);
      settle = () => {};
    };
    databaseBytes[ctx.id.toString()] = sql.databaseSize;
    // biome-ignore lint/suspicious/noExplicitAny: the row type is the caller's, and passes through unseen
    return cursor as any;
  };
  Object.defineProperty(sql, 'exec', { value: metered });
  return ctx;
}

function addStatement(statement: string, rowsRead: number, rowsWritten: number): void {
  const name = statement.replaceAll(/segment_\d+/g, 'segment_N').replaceAll(/\s+/g, ' ');
  statements[name] ??= { executions: 0, rowsRead: 0, rowsWritten: 0 };
  const counted = statements[name];
  counted.executions += 1;
  counted.rowsRead += rowsRead;
  counted.rowsWritten += rowsWritten;
}
