import { Dialog as Base } from '@base-ui/react/dialog';
import type { FormEvent, ReactNode } from 'react';
import { Button, type ButtonKind } from './button.tsx';
import { classNames } from './class-names.ts';
import { ProblemNotice } from './problem-notice.tsx';

const backdrop = 'fixed inset-0 z-40 bg-black/40';

/** A dialog with a form: its main button submits, Escape and Cancel close it, and the focus comes back. */
export function FormDialog(props: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
  readonly submitLabel: string;
  readonly submitKind?: ButtonKind;
  readonly isSubmittable?: boolean;
  readonly isBusy?: boolean;
  readonly error?: Error | null;
  readonly isWide?: boolean;
  readonly onSubmit: () => void;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <Base.Root open={props.isOpen} onOpenChange={(isOpen) => isOpen || props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          className={classNames(
            'fixed top-1/2 left-1/2 z-50 max-h-[90dvh] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-lg border border-line bg-surface p-5 shadow-xl',
            props.isWide ? 'max-w-3xl' : 'max-w-lg',
          )}
        >
          <form onSubmit={submit} className="flex flex-col gap-4">
            <header className="flex flex-col gap-1">
              <Base.Title className="text-lg font-semibold">{props.title}</Base.Title>
              {props.description === undefined ? null : (
                <Base.Description className="text-sm text-muted" render={<div />}>
                  {props.description}
                </Base.Description>
              )}
            </header>
            {props.children}
            {props.error ? <ProblemNotice error={props.error} /> : null}
            <footer className="flex justify-end gap-2">
              <Base.Close render={<Button kind="quiet">Cancel</Button>} />
              <Button
                type="submit"
                kind={props.submitKind ?? 'primary'}
                disabled={props.isSubmittable === false}
                busyLabel={props.isBusy ? `${props.submitLabel} …` : null}
              >
                {props.submitLabel}
              </Button>
            </footer>
          </form>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** A panel at the right edge that shows one thing beside the list it came from. */
export function SidePanel(props: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Base.Root open={props.isOpen} onOpenChange={(isOpen) => isOpen || props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup className="fixed inset-y-0 right-0 z-50 flex w-full max-w-2xl flex-col border-l border-line bg-surface shadow-xl">
          <header className="flex items-center justify-between gap-3 border-b border-line px-5 py-3">
            <Base.Title className="min-w-0 truncate text-base font-semibold">{props.title}</Base.Title>
            <Base.Close render={<Button kind="quiet">Close</Button>} />
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto p-5">{props.children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
