import { Link } from '@tanstack/react-router';
import { useSession } from '../session/session-context.tsx';
import { usePages } from './use-pages.ts';

/** The list of pages at the left. */
export function Navigation({ onNavigate }: { readonly onNavigate?: () => void }) {
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <nav aria-label="Pages" className="flex flex-col gap-0.5 p-3">
      {usePages().map(({ label, to }) => (
        <Link
          key={to}
          to={to}
          params={{ organization, cluster }}
          onClick={onNavigate}
          className="rounded-md px-3 py-1.5 text-sm text-muted hover:bg-sunken hover:text-ink"
          activeProps={{ className: 'bg-selected! text-ink! font-medium', 'aria-current': 'page' }}
          activeOptions={{ exact: to === '/$organization/$cluster' }}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
