// Runs before the first paint, so that no page flashes in the other theme. dashboard/src/shell/theme.ts writes the key.
(() => {
  const chosen = localStorage.getItem('millrace.theme');
  const isDark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
