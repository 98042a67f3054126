import { formatBytes } from '../lib/format.ts';
import { type Decoded, decode, indentJson, type Rendering } from './decode.ts';

/** Longer ones are cut in lists: the record's own page has all of it. */
const previewCharacters = 400;

/** Bytes in one line. */
export function PayloadPreview({ bytes }: { readonly bytes: Uint8Array | null }) {
  const decoded = decode(
    bytes === null || bytes.length <= previewCharacters ? bytes : bytes.subarray(0, previewCharacters),
  );
  if (decoded.kind === 'null' || decoded.kind === 'empty') return <NoPayload kind={decoded.kind} />;
  return <span className="font-mono text-xs">{decoded.text.replaceAll(/\s+/g, ' ')}</span>;
}

export function NoPayload({ kind }: { readonly kind: 'null' | 'empty' }) {
  return <span className="text-xs text-muted italic">{kind === 'null' ? 'null' : 'empty'}</span>;
}

/** All of the bytes, as text only: nothing in a record is ever markup. */
export function Payload({ bytes, rendering }: { readonly bytes: Uint8Array | null; readonly rendering: Rendering }) {
  const decoded = decode(bytes, rendering);
  if (decoded.kind === 'null' || decoded.kind === 'empty') return <NoPayload kind={decoded.kind} />;
  return (
    <figure className="flex flex-col gap-1">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap"
      >
        {shownText(decoded)}
      </pre>
      <figcaption className="text-xs text-muted">
        {decoded.kind} · {formatBytes(bytes?.length ?? 0)}
      </figcaption>
    </figure>
  );
}

function shownText(decoded: Extract<Decoded, { text: string }>): string {
  return decoded.kind === 'json' ? indentJson(decoded.text) : decoded.text;
}
