import type { SqlStore } from '../platform/sql-store.ts';
import type { CatalogStore } from './catalog-store.ts';

/** Ids set aside by one written row; an object that restarts skips what is left of its block, ids are plenty. */
export const producerIdBlockSize = 1_000;

/** Hands out producer ids, each once, for one written row a thousand. */
export class ProducerIds {
  readonly #sql: SqlStore;
  readonly #catalog: CatalogStore;
  #nextId = 0;
  #blockEnd = 0;

  constructor(sql: SqlStore, catalog: CatalogStore) {
    this.#sql = sql;
    this.#catalog = catalog;
  }

  next(): number {
    if (this.#nextId === this.#blockEnd) {
      const first = this.#sql.transaction(() => this.#catalog.takeProducerIds(producerIdBlockSize));
      this.#nextId = first;
      this.#blockEnd = first + producerIdBlockSize;
    }
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }
}
