import { Link, type LinkProps } from '@tanstack/react-router';

export type TabLink = LinkProps & { readonly label: string };

/** Tabs that are pages: each has an address. */
export function TabLinks({ label, tabs }: { readonly label: string; readonly tabs: readonly TabLink[] }) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ label: name, ...link }) => (
        <Link
          key={name}
          {...link}
          className="border-b-2 border-transparent px-3 py-2 text-sm whitespace-nowrap text-muted hover:text-ink"
          activeProps={{ className: 'border-accent! text-ink! font-medium', 'aria-current': 'page' }}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}
