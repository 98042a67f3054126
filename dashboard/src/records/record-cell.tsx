import { Badge } from '../ui/badge.tsx';
import { NoPayload } from './payload.tsx';
import type { Cell } from './record-row.ts';

/** What a list shows of a payload: one line of it, as text only. */
export function RecordCell({ cell }: { readonly cell: Cell }) {
  switch (cell.kind) {
    case 'shown':
      return <span className="font-mono text-xs">{cell.text}</span>;
    case 'absent':
      return <span className="text-muted">–</span>;
    default:
      return <NoPayload kind={cell.kind} />;
  }
}

/** A record without a value: in a compacted topic it deletes its key. */
export function Tombstone() {
  return <Badge tone="neutral">tombstone</Badge>;
}
