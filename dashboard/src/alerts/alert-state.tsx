import type { Alert } from '../../../src/client/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Timestamp } from '../ui/timestamp.tsx';

const tones = { ok: 'ok', pending: 'warn', firing: 'danger' } as const;

const words = { ok: 'fine', pending: 'pending', firing: 'firing' } as const;

export function isMuted({ muted_until: mutedUntil }: Alert): boolean {
  return mutedUntil !== null && mutedUntil > Date.now();
}

/** How an alert stands, and whether anybody is told. */
export function AlertState({ alert }: { readonly alert: Alert }) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Badge tone={tones[alert.state]}>{words[alert.state]}</Badge>
      {isMuted(alert) ? <Badge>muted</Badge> : null}
    </span>
  );
}

/** Until when nobody is told. */
export function MutedNote({ alert }: { readonly alert: Alert }) {
  if (!isMuted(alert) || alert.muted_until === null) return null;
  return (
    <span>
      muted until <Timestamp ms={alert.muted_until} />
    </span>
  );
}
