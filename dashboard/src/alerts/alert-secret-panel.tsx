import type { IssuedAlert } from '../../../src/client/index.ts';
import { SidePanel } from '../ui/dialog.tsx';
import { Snippet } from '../ui/snippet.tsx';

const verifying = `import { Webhook } from 'standardwebhooks';

const message = new Webhook(process.env.SECRET).verify(body, headers);`;

/** Shows the secret of an alert the one time that it can be shown. */
export function AlertSecretPanel({ issued, onClose }: { readonly issued: IssuedAlert; readonly onClose: () => void }) {
  return (
    <SidePanel isOpen onClose={onClose} title={`The secret of ${issued.name}`}>
      <div className="flex flex-col gap-4 text-sm">
        <p>
          The receiver tells by it that a message is genuine. Copy it now: it cannot be shown again, only replaced by
          another one.
        </p>
        <Snippet title="Secret" code={issued.secret} />
        <p>
          Messages are signed as Standard Webhooks has it: there are libraries for most languages, and docs/alerts.md
          does it without one.
        </p>
        <Snippet title="In a receiver of JavaScript" code={verifying} />
      </div>
    </SidePanel>
  );
}
