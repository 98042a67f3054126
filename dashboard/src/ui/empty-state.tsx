import type { ReactNode } from 'react';

/** What stands where nothing is: why, and what to do next. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-lg border border-dashed border-line px-4 py-12 sm:px-6 text-center">
      <p className="text-base font-medium">{title}</p>
      {children === undefined ? null : (
        <div className="flex w-full max-w-xl min-w-0 flex-col items-center gap-3 text-sm text-muted">{children}</div>
      )}
    </div>
  );
}
