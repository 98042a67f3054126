import { useEffect, useState } from 'react';

/** What loads faster than this shows no skeleton: it would only flicker. */
const shownAfterMs = 200;

/** Grey bars where rows will be, of the height they will have, so that nothing moves when they come. */
export function SkeletonRows({ rows = 6 }: { readonly rows?: number }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), shownAfterMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-2">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are alike and never move.
        <div key={row} className={isShown ? 'h-8 animate-pulse rounded-md bg-sunken' : 'h-8'} />
      ))}
    </div>
  );
}
