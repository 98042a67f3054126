import type { Result } from '../../../src/errors/result.ts';
import type { SimulatedObject } from '../simulated-object.ts';
import type { SimulatedWorld } from '../simulated-world.ts';

/** I-8a, from the moment a partition's answer to its end has arrived, and is durable therefore. */
export class ClosureJudge {
  readonly #world: SimulatedWorld;
  readonly #closed = new Set<string>();

  constructor(world: SimulatedWorld) {
    this.#world = world;
  }

  /** An object that holds nothing has no end to remember: a late grant may still let it begin. */
  answered(partition: Pick<SimulatedObject<unknown>, 'name' | 'store'>, answer: Result<{ isPurged: boolean }>): void {
    if (!answer.ok || answer.value.isPurged) return;
    this.#closed.add(partition.name);
    if (!partition.store.tables().includes('partition')) return;
    const rows = partition.store.peek<{ closed: number | null }>('SELECT closed_at_ms AS closed FROM partition');
    if (rows[0]?.closed === null) this.#world.violate(`${partition.name} answered its end without storing it`);
  }

  /** Whether what is appended from now on must be refused. */
  isClosed(partition: { readonly name: string }): boolean {
    return this.#closed.has(partition.name);
  }

  appended(partition: { readonly name: string }, wasClosed: boolean, answer: Result<unknown>): void {
    if (!wasClosed) return;
    this.#world.sometimes('append to a closed partition');
    if (answer.ok) this.#world.violate(`${partition.name} took records after it had answered its end`);
  }
}
