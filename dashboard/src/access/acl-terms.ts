import { aclOperations, resourceTypes } from '../../../src/authorization/acl-binding.ts';
import type { Choice } from '../ui/field.tsx';

const choices = (values: readonly string[]): readonly Choice[] => values.map((value) => ({ value, label: value }));

const singleOperations = aclOperations.filter((operation) => operation !== 'ALL');

/** What one can ask to do, and what a rule can name besides: ALL, which stands for every other one. */
export const accessChoices = choices(singleOperations);
export const aclOperationChoices = choices([...singleOperations, 'ALL']);

/** What an ACL can be about. */
export const aclResourceChoices = choices(resourceTypes);
