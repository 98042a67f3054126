import { assert } from '../errors/assert.ts';
import type { SqlValue } from './sql-store.ts';

/** String literals, quoted names and comments, in which `?` and `;` mean nothing; then what does mean something. */
const statementTokens =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|\?\d*|[:@$][A-Za-z_]\w*|;/g;

/**
 * Counts the `?` of a statement. Asserts that it is one statement without named or numbered parameters: the two
 * engines disagree on everything else (one runs several statements, the other silently only the first).
 */
export function countParameters(statement: string): number {
  let count = 0;
  for (const match of statement.matchAll(statementTokens)) {
    const token = match[0];
    if (token === '?') count += 1;
    else if (token === ';') {
      const rest = statement.slice(match.index + 1).replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '');
      assert(rest.trim() === '', `one statement a call: ${statement}`);
    } else assert(!/^[?:@$]/.test(token), `parameters are plain question marks, not ${token}: ${statement}`);
  }
  return count;
}

/** Asserts that every value binds to the same thing in both engines; a boolean or a BigInt does not. */
export function assertBindable(bindings: readonly SqlValue[]): void {
  for (let index = 0; index < bindings.length; index += 1) {
    const value: unknown = bindings[index];
    const bindable =
      value === null ||
      typeof value === 'string' ||
      value instanceof Uint8Array ||
      (typeof value === 'number' && Number.isFinite(value));
    if (!bindable) {
      assert(
        false,
        `binding ${index + 1} must be null, a finite number, a string or a Uint8Array, not ${String(value)} (${typeof value})`,
      );
    }
  }
}

/** Asserts that a transaction's body did its work before it returned: what an async one does later is outside. */
export function assertSynchronous(returned: unknown): void {
  const isThenable =
    typeof returned === 'object' && returned !== null && 'then' in returned && typeof returned.then === 'function';
  assert(!isThenable, 'the body of a transaction is synchronous, but it returned a promise');
}
