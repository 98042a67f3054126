import { useState } from 'react';
import { Button, type ButtonKind } from './button.tsx';

const shownMs = 1_500;

/** Copies text and says so in its own label. */
export function CopyButton(props: { readonly text: string; readonly label?: string; readonly kind?: ButtonKind }) {
  const { label = 'Copy', kind = 'quiet' } = props;
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setState('copied');
    } catch {
      // A browser may keep the clipboard to itself, for instance on a page that is not secure.
      setState('refused');
    }
    setTimeout(() => setState('idle'), shownMs);
  };
  const said = { idle: label, copied: 'Copied', refused: 'Could not copy' }[state];
  return (
    <Button kind={kind} onClick={() => void copy()} aria-live="polite">
      {said}
    </Button>
  );
}
