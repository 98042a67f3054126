import { useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useSession } from '../session/session-context.tsx';
import { usePages } from './use-pages.ts';

/** A second key counts as typed after `g` for this long. */
const chordMs = 1_200;

/** True where keys are text: a shortcut must not eat them. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable="true"]') !== null;
}

/** The keys that work on every page: Ctrl/⌘ K, `?`, `/`, and `g` with the letter of a page. */
export function useShortcuts({
  onSearch,
  onHelp,
}: {
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}): void {
  const navigate = useNavigate();
  const { organization_id: organization, cluster_id: cluster } = useSession();
  const pages = usePages();
  const chordUntilMs = useRef(0);
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSearch();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (performance.now() < chordUntilMs.current) {
      chordUntilMs.current = 0;
      const page = pages.find(({ key }) => key === event.key);
      if (page !== undefined) void navigate({ to: page.to, params: { organization, cluster } });
      return;
    }
    if (event.key === 'g') chordUntilMs.current = performance.now() + chordMs;
    if (event.key === '?') onHelp();
    if (event.key === '/') {
      const filter = document.querySelector<HTMLElement>('[data-filter]');
      if (filter === null) return;
      event.preventDefault();
      filter.focus();
    }
  });
  useEffect(() => {
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
