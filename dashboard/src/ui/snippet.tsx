import { CopyButton } from './copy-button.tsx';

/** Code to take along. A secret in it is copied, and not shown to whoever looks over the shoulder. */
export function Snippet({
  title,
  code,
  secret = null,
}: {
  readonly title: string;
  readonly code: string;
  readonly secret?: string | null;
}) {
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-surface">
      <figcaption className="flex items-center justify-between border-b border-line bg-sunken py-1 pr-1 pl-3 text-xs font-medium text-muted">
        {title}
        <CopyButton text={code} />
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        className="overflow-x-auto p-3 font-mono text-xs leading-5"
      >
        {secret === null ? code : code.replaceAll(secret, `${secret.slice(0, 6)}…`)}
      </pre>
    </figure>
  );
}
