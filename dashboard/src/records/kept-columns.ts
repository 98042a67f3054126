const storageKey = (scope: readonly string[], topic: string) => `millrace.columns.${[...scope, topic].join('/')}`;

/** The columns that were chosen for a topic in this browser. */
export function keptColumns(scope: readonly string[], topic: string): readonly string[] {
  const kept = localStorage.getItem(storageKey(scope, topic));
  return kept === null ? [] : kept.split('\n');
}

export function keepColumns(scope: readonly string[], topic: string, columns: readonly string[]): void {
  if (columns.length === 0) localStorage.removeItem(storageKey(scope, topic));
  else localStorage.setItem(storageKey(scope, topic), columns.join('\n'));
}
