import type { Assignor } from './assignor.ts';
import { assignRange } from './range.ts';
import { assignSticky } from './sticky.ts';
import { assignUniform } from './uniform.ts';

export const assignors = {
  sticky: assignSticky,
  uniform: assignUniform,
  range: assignRange,
} as const satisfies Record<string, Assignor>;

export type AssignorName = keyof typeof assignors;

/** The names in the order in which a tie between members' wishes is decided; the first is the default. */
export const assignorNames = Object.keys(assignors) as readonly AssignorName[];

export const isAssignorName = (name: string): name is AssignorName => Object.hasOwn(assignors, name);
