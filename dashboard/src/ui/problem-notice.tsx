import { MillraceError } from '../../../src/client/index.ts';
import { formatDuration } from '../lib/format.ts';
import { Button } from './button.tsx';

/** What went wrong, in the platform's own words: its code, its sentence, and a way to try again where that helps. */
export function ProblemNotice({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  const { code, retryAfterMs } = error instanceof MillraceError ? error : { code: null, retryAfterMs: null };
  return (
    <div role="alert" className="flex items-start justify-between gap-3 rounded-md border border-danger bg-surface p-3">
      <div className="min-w-0 text-sm">
        {code === null ? null : <p className="font-mono text-xs font-semibold text-danger">{code}</p>}
        <p className="break-words">{error.message}</p>
        {retryAfterMs === null ? null : (
          <p className="mt-1 text-muted">It is worth asking again in {formatDuration(retryAfterMs)}.</p>
        )}
      </div>
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
