import { Dialog } from '@base-ui/react/dialog';
import { Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { BudgetBanner } from './budget-banner.tsx';
import { CommandPalette } from './command-palette.tsx';
import { Navigation } from './navigation.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { TopBar } from './top-bar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

/** The frame of every page of a cluster. */
export function Layout() {
  const [open, setOpen] = useState<'navigation' | 'palette' | 'shortcuts' | null>(null);
  const close = () => setOpen(null);
  useShortcuts({ onSearch: () => setOpen('palette'), onHelp: () => setOpen('shortcuts') });
  return (
    <div className="min-h-dvh">
      <a href="#content" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:bg-surface focus:p-3">
        Skip to the content
      </a>
      <TopBar onOpenNavigation={() => setOpen('navigation')} onSearch={() => setOpen('palette')} />
      <div className="mx-auto flex max-w-screen-2xl">
        <aside className="sticky top-12 hidden h-[calc(100dvh-3rem)] w-52 shrink-0 border-r border-line md:block">
          <Navigation />
        </aside>
        <div className="flex min-w-0 flex-1 flex-col">
          <BudgetBanner />
          <main id="content" className="min-w-0 p-4 md:p-6">
            <Outlet />
          </main>
        </div>
      </div>
      <Dialog.Root open={open === 'navigation'} onOpenChange={(isOpen) => isOpen || close()}>
        <Dialog.Portal>
          <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
          <Dialog.Popup className="fixed inset-y-0 left-0 z-50 w-64 border-r border-line bg-surface">
            <Dialog.Title className="px-6 pt-4 text-sm font-semibold">Millrace</Dialog.Title>
            <Navigation onNavigate={close} />
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <CommandPalette isOpen={open === 'palette'} onClose={close} />
      <ShortcutSheet isOpen={open === 'shortcuts'} onClose={close} />
    </div>
  );
}
