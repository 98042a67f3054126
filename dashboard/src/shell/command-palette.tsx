import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useState } from 'react';
import { groupNamesQuery } from '../groups/queries.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicNamesQuery } from '../topics/queries.ts';
import { classNames } from '../ui/class-names.ts';
import { usePages } from './use-pages.ts';

type Entry = { readonly kind: string; readonly name: string; readonly go: () => void };

const shownMax = 12;

/** Finds a page, a topic or a group by a part of its name. */
export function CommandPalette({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup className="fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-surface shadow-xl">
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <PaletteBody onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteBody({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [selected, setSelected] = useState(0);
  const entries = useEntries(text);
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.go();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      setSelected((selected + step + entries.length) % entries.length);
    }
    if (event.key === 'Enter') choose(entries[selected]);
  };
  return (
    <>
      <input
        aria-label="Go to a page, topic or group"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-entries"
        aria-activedescendant={entries[selected] === undefined ? undefined : `palette-${selected}`}
        className="w-full border-b border-line bg-surface px-4 py-3 outline-none"
        placeholder="Topic, group or page"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setSelected(0);
        }}
        onKeyDown={press}
      />
      <div id="palette-entries" role="listbox" aria-label="Matches" className="max-h-[50dvh] overflow-y-auto p-1">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard, as in every combobox.
          <div
            key={`${entry.kind} ${entry.name}`}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === selected}
            onClick={() => choose(entry)}
            className={classNames(
              'flex cursor-pointer justify-between gap-4 rounded px-3 py-2 text-sm',
              index === selected && 'bg-selected',
            )}
          >
            <span className="min-w-0 truncate">{entry.name}</span>
            <span className="shrink-0 text-muted">{entry.kind}</span>
          </div>
        ))}
        {entries.length === 0 ? <p className="px-3 py-2 text-sm text-muted">Nothing is called so.</p> : null}
      </div>
    </>
  );
}

function useEntries(text: string): readonly Entry[] {
  const { client, organization_id: organization, cluster_id: cluster } = useSession();
  const scope = useScope();
  const navigate = useNavigate();
  const topics = useQuery(topicNamesQuery(client, scope));
  const groups = useQuery(groupNamesQuery(client, scope));
  const params = { organization, cluster };
  const all: Entry[] = [
    ...usePages().map(({ label, to }) => ({ kind: 'page', name: label, go: () => void navigate({ to, params }) })),
    ...(topics.data ?? []).map((topic) => ({
      kind: 'topic',
      name: topic,
      go: () => void navigate({ to: '/$organization/$cluster/topics/$topic', params: { ...params, topic } }),
    })),
    ...(groups.data ?? []).map((group) => ({
      kind: 'group',
      name: group,
      go: () => void navigate({ to: '/$organization/$cluster/groups/$group', params: { ...params, group } }),
    })),
  ];
  const wanted = text.trim().toLowerCase();
  return all.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, shownMax);
}
