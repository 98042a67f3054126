import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';

/**
 * An object that holds sockets on behalf of the organization's principals, by the name of the object; by its id where it
 * has none, as one that holds a Kafka connection.
 */
export type SocketHolder = { readonly kind: 'relay' | 'partition' | 'connection'; readonly name: string };

/** What an object that holds sockets is told. */
export interface SocketHolderRpc {
  /** Rights were taken: it asks about everyone at once. Answers whether it still holds anybody's socket. */
  rightsTaken(): Promise<Result<boolean>>;
}

export type SocketHolderPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly tellHolder: (holder: SocketHolder) => Promise<Result<boolean>>;
};

type HolderRow = { kind: string; name: string };

/** Told at once: a request has six connections, and one is left for other work. */
const toldAtOnce = 5;

/**
 * The objects that hold sockets of the organization, so that they look again at once when rights are taken. Each enters
 * itself when it first asks about a principal, and is forgotten when it is told and holds no socket any more. An object
 * that finds no room here asks by itself as before: every few seconds, while its sockets are in use.
 */
export class SocketHolders {
  readonly #ports: SocketHolderPorts;
  /** Who has been told since rights were taken last; after a restart all are told again, which does no harm. */
  readonly #told = new Set<string>();
  /** Who has entered, or done so again, since it was told last. */
  readonly #entered = new Set<string>();

  constructor(ports: SocketHolderPorts) {
    this.#ports = ports;
  }

  enter({ kind, name }: SocketHolder): void {
    const { sql, clock } = this.#ports;
    const [known] = sql.query<HolderRow>(
      'SELECT kind, name FROM socket_holder WHERE kind = ? AND name = ?',
      kind,
      name,
    );
    if (known !== undefined) {
      this.#entered.add(keyOf({ kind, name }));
      return;
    }
    if (!this.#hasRoom(kind)) return;
    sql.transaction(() => sql.run('INSERT INTO socket_holder VALUES (?, ?, ?)', kind, name, clock.nowMs()));
  }

  /** It holds none any more, and never will. */
  leave({ kind, name }: SocketHolder): void {
    this.#entered.delete(keyOf({ kind, name }));
    this.#told.delete(keyOf({ kind, name }));
    const { sql } = this.#ports;
    sql.transaction(() => sql.run('DELETE FROM socket_holder WHERE kind = ? AND name = ?', kind, name));
  }

  /** Of connections there may be any number: they leave room for the objects that hold many sockets each. */
  #hasRoom(kind: SocketHolder['kind']): boolean {
    const [row] = this.#ports.sql.query<{ all_of_them: number; connections: number | null }>(
      "SELECT COUNT(*) AS all_of_them, SUM(kind = 'connection') AS connections FROM socket_holder",
    );
    const max = limits.socketHoldersPerOrganization.value;
    const isConnection = kind === 'connection';
    return (row?.all_of_them ?? 0) < max && !(isConnection && (row?.connections ?? 0) >= max / 2);
  }

  get isEmpty(): boolean {
    return this.#ports.sql.query('SELECT 1 FROM socket_holder LIMIT 1').length === 0;
  }

  /** Everyone has to look again: called where rights are taken, before anybody is told. */
  rightsTaken(): void {
    this.#told.clear();
  }

  /** Tells everyone who has not been told. Fails when somebody could not be: the rest is for the next attempt. */
  async tell(): Promise<Result<null>> {
    const waiting = this.#ports.sql
      .query<HolderRow>('SELECT kind, name FROM socket_holder ORDER BY kind, name')
      .map(({ kind, name }) => ({ kind: kind as SocketHolder['kind'], name }))
      .filter((holder) => !this.#told.has(keyOf(holder)));
    let missed: Failed | null = null;
    for (let from = 0; from < waiting.length; from += toldAtOnce) {
      const outcomes = await Promise.all(waiting.slice(from, from + toldAtOnce).map((holder) => this.#tell(holder)));
      missed = outcomes.find((outcome) => !outcome.ok) ?? missed;
    }
    return missed ?? ok(null);
  }

  async #tell(holder: SocketHolder): Promise<Result<null>> {
    // Marked before: rights that are taken while it is being told make it look once more.
    this.#told.add(keyOf(holder));
    this.#entered.delete(keyOf(holder));
    const holds = await this.#attempt(holder);
    if (!holds.ok) {
      this.#told.delete(keyOf(holder));
      return holds;
    }
    const { sql } = this.#ports;
    const { kind, name } = holder;
    // A socket may have come while it said that it has none.
    if (!holds.value && !this.#entered.has(keyOf(holder))) {
      sql.transaction(() => sql.run('DELETE FROM socket_holder WHERE kind = ? AND name = ?', kind, name));
    }
    return ok(null);
  }

  /** An object that cannot be reached throws: one more reason to try again. */
  async #attempt(holder: SocketHolder): Promise<Result<boolean>> {
    try {
      return await this.#ports.tellHolder(holder);
    } catch (thrown) {
      return failed('UNKNOWN_OUTCOME', `A holder of sockets could not be told: ${String(thrown)}`);
    }
  }
}

const keyOf = ({ kind, name }: SocketHolder): string => `${kind} ${name}`;
