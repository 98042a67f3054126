import { useEffect, useState } from 'react';
import { formatBytes, formatCount } from '../lib/format.ts';
import { Button } from '../ui/button.tsx';
import { decode, type Rendering } from './decode.ts';
import type { DecodeJobs } from './decode-job.ts';
import { decodeElsewhere } from './decoder.ts';

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

/** Bytes as text, as the worker decodes them. */
export type ShownPayload = DecodeJobs['payload']['out'] | { readonly kind: 'null'; readonly text: '' };

/** Decodes bytes in the worker; null until it has. */
export function usePayload(bytes: Uint8Array | null, rendering: Rendering): ShownPayload | null {
  const [payload, setPayload] = useState<ShownPayload | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const show = (shown: ShownPayload) => isCurrent && setPayload(shown);
    if (bytes === null) show({ kind: 'null', text: '' });
    else {
      decodeElsewhere('payload', { bytes, rendering })
        .then(show)
        .catch((error: Error) => show({ kind: 'text', text: error.message }));
    }
    return () => {
      isCurrent = false;
    };
  }, [bytes, rendering]);
  return payload;
}

/** A browser lays out so many characters at once without holding the page up; more come when they are asked for. */
const shownCharacters = 100_000;

/** All of the bytes, as text only: nothing in a record is ever markup. */
export function Payload({
  bytes,
  payload,
}: {
  readonly bytes: Uint8Array | null;
  readonly payload: ShownPayload | null;
}) {
  const [isWhole, setWhole] = useState(false);
  if (payload === null) return <div className="h-16 rounded-md bg-sunken" />;
  if (payload.kind === 'null' || payload.kind === 'empty') return <NoPayload kind={payload.kind} />;
  const isCut = !isWhole && payload.text.length > shownCharacters;
  return (
    <figure className="flex flex-col gap-1">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap"
      >
        {isCut ? payload.text.slice(0, shownCharacters) : payload.text}
      </pre>
      <figcaption className="flex flex-wrap items-center gap-2 text-xs text-muted">
        {payload.kind} · {formatBytes(bytes?.length ?? 0)}
        {isCut ? (
          <>
            {' '}
            · the first {formatCount(shownCharacters)} of {formatCount(payload.text.length)} characters
            <Button kind="quiet" onClick={() => setWhole(true)}>
              Show all
            </Button>
          </>
        ) : null}
      </figcaption>
    </figure>
  );
}
