import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { chooseZone, useZone, zoneName } from '../lib/zone.ts';
import { forgetCredential, storedCredentials } from '../session/credentials.ts';
import { useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { Menu, type MenuItem } from '../ui/menu.tsx';
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

/** Which organization and cluster is shown, the others that this tab is signed in to, and the way out. */
function ClusterMenu() {
  const { organization_id: orgId, cluster_id: clusterId, mode, principal } = useSession();
  const navigate = useNavigate();
  const name = `${orgId} / ${clusterId}`;
  if (mode === 'open') return <span className="min-w-0 truncate px-3 text-sm font-medium">{name}</span>;
  const items: MenuItem[] = storedCredentials().map((stored) => ({
    label: `${stored.orgId} / ${stored.clusterId} · ${stored.label}`,
    isCurrent: stored.orgId === orgId && stored.clusterId === clusterId,
    onChoose: () =>
      void navigate({
        to: '/$organization/$cluster',
        params: { organization: stored.orgId, cluster: stored.clusterId },
      }),
  }));
  items.push(
    { label: 'Sign in to another cluster', onChoose: () => void navigate({ to: '/sign-in' }) },
    {
      label: `Sign out ${principal.replace(/^User:/, '')}`,
      onChoose: () => {
        forgetCredential(orgId, clusterId);
        void navigate({ to: '/' });
      },
    },
  );
  return (
    <Menu label={`Cluster: ${name}`} className="min-w-0 max-sm:shrink max-sm:px-2" items={items}>
      <span className="max-w-56 min-w-0 truncate font-medium text-ink">{name}</span> ▾
    </Menu>
  );
}
