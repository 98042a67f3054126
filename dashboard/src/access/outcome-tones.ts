/** The colours of the outcomes that the audit log knows. */
export const outcomeTones = { done: 'ok', attempted: 'info', refused: 'danger' } as const;
