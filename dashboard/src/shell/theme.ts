import { useSyncExternalStore } from 'react';

/** `public/theme.js` reads the same key before the first paint. */
const storageKey = 'millrace.theme';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

export type Theme = 'light' | 'dark' | 'system';

export function currentTheme(): Theme {
  const stored = localStorage.getItem(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, theme);
  const isDark = theme === 'dark' || (theme === 'system' && systemIsDark.matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}

/** Pages that are as the system is change with it, when night falls. */
export function followSystemTheme(): void {
  systemIsDark.addEventListener('change', () => chooseTheme(currentTheme()));
}

/** Which of the two the page shows now, for what is drawn and not styled. */
export function useShownTheme(): 'light' | 'dark' {
  return useSyncExternalStore(observeShownTheme, () =>
    document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light',
  );
}

function observeShownTheme(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
