import { Toast } from '@base-ui/react/toast';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

/** Says at the edge of the page what was done. Errors stand where they happened and not here. */
export function Toasts({ children }: { readonly children: ReactNode }) {
  return (
    <Toast.Provider>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-80 flex-col gap-2">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="rounded-lg border border-line bg-surface p-3 text-sm shadow-lg">
      <Toast.Content className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <Toast.Title className="font-medium" />
          <Toast.Description className="text-muted" />
        </div>
        <Toast.Close render={<Button kind="quiet">Close</Button>} />
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Tells of something done: `say('Topic created', 'orders has 3 partitions.')`. */
export function useSay(): (title: string, description?: string) => void {
  const { add } = Toast.useToastManager();
  return (title, description) => void add({ title, description });
}
