import { refusalCodes } from '../authorization/access-check.ts';
import { errorTable } from '../errors/error-codes.ts';

/** The numbers of the codes that an access is refused with. */
const refusals: ReadonlySet<unknown> = new Set(Object.values(refusalCodes).map((code) => errorTable[code].number));

/** What says in an answer which resource a code is about. */
const names = ['name', 'topic', 'topicName', 'groupId', 'key', 'resourceName', 'transactionalId', 'topicId'] as const;

/**
 * Finds out whether an answer refuses the principal something: the name of the first resource that it may not use, as
 * far as the answer says it, else null. Bytes of records are not looked into.
 */
export function refusalIn(answer: unknown): string | null {
  if (Array.isArray(answer)) {
    for (const item of answer) {
      const found = refusalIn(item);
      if (found !== null) return found;
    }
    return null;
  }
  if (typeof answer !== 'object' || answer === null || ArrayBuffer.isView(answer)) return null;
  const struct = answer as Readonly<Record<string, unknown>>;
  if (refusals.has(struct.errorCode ?? struct.partitionErrorCode)) return nameIn(struct);
  for (const value of Object.values(struct)) {
    const found = typeof value === 'object' ? refusalIn(value) : null;
    if (found !== null) return found === '' ? nameIn(struct) : found;
  }
  return null;
}

function nameIn(struct: Readonly<Record<string, unknown>>): string {
  const named = names.map((name) => struct[name]).find((value) => typeof value === 'string' && value !== '');
  return typeof named === 'string' ? named : '';
}
