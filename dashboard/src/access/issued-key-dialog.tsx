import type { IssuedApiKey } from '../../../src/client/index.ts';
import { SidePanel } from '../ui/dialog.tsx';
import { Snippet } from '../ui/snippet.tsx';

/** Shows a key the one time that it can be shown. */
export function IssuedKeyDialog({ issued, onClose }: { readonly issued: IssuedApiKey; readonly onClose: () => void }) {
  return (
    <SidePanel isOpen onClose={onClose} title={`The secret of ${issued.name}`}>
      <div className="flex flex-col gap-4 text-sm">
        <p>Copy it now: it is stored nowhere and cannot be shown again.</p>
        <Snippet title="API key" code={issued.apiKey} />
        <Snippet
          title="For the command line"
          code={`export MILLRACE_URL=${location.origin}\nexport MILLRACE_API_KEY=${issued.apiKey}`}
        />
      </div>
    </SidePanel>
  );
}
