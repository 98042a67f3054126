import { Menu as Base } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { buttonClasses } from './button.tsx';
import { classNames } from './class-names.ts';

export type MenuItem = { readonly label: string; readonly onChoose: () => void; readonly isCurrent?: boolean };

/** A button that opens a list of things to do or to choose from. */
export function Menu({
  label,
  className,
  children,
  items,
}: {
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
  readonly items: readonly MenuItem[];
}) {
  return (
    <Base.Root>
      <Base.Trigger className={classNames(buttonClasses('quiet'), className)} aria-label={label}>
        {children}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup className="min-w-44 rounded-md border border-line bg-surface p-1 text-sm shadow-lg">
            {items.map((item) => (
              <Base.Item
                key={item.label}
                onClick={item.onChoose}
                className="flex cursor-pointer items-center justify-between gap-4 rounded px-2 py-1.5 data-highlighted:bg-sunken"
              >
                {item.label}
                {item.isCurrent ? (
                  <span>
                    <span aria-hidden="true">✓</span>
                    <span className="sr-only">chosen</span>
                  </span>
                ) : null}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
