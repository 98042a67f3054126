import { SidePanel } from '../ui/dialog.tsx';
import { usePages } from './use-pages.ts';

const everywhere = [
  { keys: 'Ctrl K', does: 'Go to a topic, a group or a page' },
  { keys: '/', does: 'Filter the list of the page' },
  { keys: '?', does: 'Show these keys' },
  { keys: 'j  k', does: 'Next and previous record' },
  { keys: 'Enter', does: 'Open the record' },
  { keys: 'Esc', does: 'Close what is open' },
];

/** Every key that does something. */
export function ShortcutSheet({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const rows = [...everywhere, ...usePages().map(({ key, label }) => ({ keys: `g ${key}`, does: label }))];
  return (
    <SidePanel isOpen={isOpen} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
        {rows.map(({ keys, does }) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs">{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </SidePanel>
  );
}
