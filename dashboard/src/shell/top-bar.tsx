import { useState } from 'react';
import { chooseZone, useZone, zoneName } from '../lib/zone.ts';
import { ClusterMenu } from '../session/cluster-menu.tsx';
import { Button } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { chooseTheme, currentTheme, type Theme } from './theme.ts';

const themes: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: 'light', label: 'Light' },
  { theme: 'dark', label: 'Dark' },
  { theme: 'system', label: 'As the system' },
];

/** What holds for every page: where one is, in which zone times are shown, in which colours. */
export function TopBar({
  onOpenNavigation,
  onSearch,
}: {
  readonly onOpenNavigation: () => void;
  readonly onSearch: () => void;
}) {
  const zone = useZone();
  const [theme, setTheme] = useState(currentTheme);
  const choose = (chosen: Theme) => {
    chooseTheme(chosen);
    setTheme(chosen);
  };
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-1 border-b border-line bg-surface px-3">
      <Button
        kind="quiet"
        className="max-sm:px-2 md:hidden"
        onClick={onOpenNavigation}
        aria-label="Open the navigation"
      >
        ☰
      </Button>
      <ClusterMenu />
      <span className="flex-1" />
      <Button
        kind="secondary"
        onClick={onSearch}
        aria-keyshortcuts="Control+K Meta+K"
        className="text-muted max-sm:px-2"
      >
        Go to … <kbd className="hidden rounded border border-line px-1 font-mono text-xs sm:inline">Ctrl K</kbd>
      </Button>
      <Menu
        label={`Time zone: ${zoneName(zone)}`}
        className="max-sm:px-2"
        items={[
          { label: `Local (${zoneName('local')})`, onChoose: () => chooseZone('local'), isCurrent: zone === 'local' },
          { label: 'UTC', onChoose: () => chooseZone('utc'), isCurrent: zone === 'utc' },
        ]}
      >
        <span className="hidden sm:inline">{zoneName(zone)}</span>
        <span className="sm:hidden">Zone</span>
      </Menu>
      <Menu
        label="Theme"
        className="max-sm:px-2"
        items={themes.map(({ theme: offered, label }) => ({
          label,
          onChoose: () => choose(offered),
          isCurrent: theme === offered,
        }))}
      >
        <span className="hidden sm:inline">Theme</span>
        <span aria-hidden="true" className="sm:hidden">
          ◐
        </span>
      </Menu>
    </header>
  );
}
