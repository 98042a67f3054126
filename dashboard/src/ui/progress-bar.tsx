import { useId } from 'react';

/** How far something is, in words and as a bar. */
export function ProgressBar({
  label,
  value,
  max,
}: {
  readonly label: string;
  readonly value: number;
  readonly max: number;
}) {
  const id = useId();
  return (
    <div className="flex max-w-3xl flex-col gap-1.5">
      <span id={id} className="tabular text-sm" aria-live="polite">
        {label}
      </span>
      <progress aria-labelledby={id} className="h-2 w-full accent-accent" value={value} max={Math.max(1, max)} />
    </div>
  );
}
